"""From a name to an address: looked up once, every answer checked, and never looked up again for the same call."""

from collections.abc import Sequence

import pytest

from pinbill.receivers.addresses import KEPT_SECONDS, MOST_KEPT, AddressBook, AddressRefused


class NameServer:
    """Answers one list after the other, the last again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def test_a_public_address_is_given_and_kept_for_a_batch() -> None:
    server, now = NameServer(["8.8.8.8"]), [0.0]
    book = AddressBook(server, steady=lambda: now[0])

    found = [book.address("hooks.example.com", 443) for _ in range(5)]
    now[0] = KEPT_SECONDS
    book.address("hooks.example.com", 443)

    assert found == ["8.8.8.8"] * 5
    assert server.asked == 2


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["0.1.2.3"],
        ["8.8.8.8", "10.0.0.1"],
        ["8.8.8.8", "2606:4700::1111", "fd00:ec2::254"],
        ["8.8.8.8", "fe80::1%eth0"],
    ],
)
def test_one_bad_address_spoils_the_name(answer: Sequence[str]) -> None:
    with pytest.raises(AddressRefused):
        AddressBook(NameServer(answer)).address("hooks.example.com", 443)


def test_a_name_that_is_rebound_is_checked_again_and_refused() -> None:
    server, now = NameServer(["8.8.8.8"], ["127.0.0.1"]), [0.0]
    book = AddressBook(server, steady=lambda: now[0])

    assert book.address("rebind.example.com", 443) == "8.8.8.8"
    now[0] = KEPT_SECONDS
    with pytest.raises(AddressRefused):
        book.address("rebind.example.com", 443)
    with pytest.raises(AddressRefused):
        book.address("rebind.example.com", 443)


def test_ipv4_goes_first() -> None:
    assert AddressBook(NameServer(["2606:4700::1111", "8.8.8.8"])).address("hooks.example.com", 443) == "8.8.8.8"
    assert AddressBook(NameServer(["2606:4700::1111"])).address("hooks.example.com", 443) == "2606:4700::1111"


def test_a_name_without_an_address_is_an_error_of_the_network() -> None:
    with pytest.raises(OSError, match="no address"):
        AddressBook(NameServer([])).address("hooks.example.com", 443)


def test_many_names_fill_no_memory() -> None:
    server = NameServer(["8.8.8.8"])
    book = AddressBook(server, steady=lambda: 0.0)
    for n in range(3 * MOST_KEPT):
        book.address(f"h{n}.example.com", 443)

    assert len(book._kept) <= MOST_KEPT
