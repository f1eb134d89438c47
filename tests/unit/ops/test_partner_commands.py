"""The commands for partners and keys, typed: what they print, when it holds, and what they say to a slip."""

import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from ops import __main__ as command_line
from ops.remembered_keys import RememberedKeys
from ops.stack import Stack
from pinbill.domain.allowances import Limit, Use
from pinbill.domain.key_text import FORM, KeyText
from pinbill.store.counters import DynamoCounters
from pinbill.store.table import Table
from tests.unit.ops.catalog import everything

WHO = ("--by", "jane")
WHY = (*WHO, "--because", "it leaked")


class Shell:
    """Types commands that must work, and gives what they print."""

    def __init__(self, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
        self._typed, self._capsys = typed, capsys

    def __call__(self, *arguments: str) -> str:
        assert self._typed(*arguments) == 0, self._capsys.readouterr().err
        return self._capsys.readouterr().out

    def refused(self, *arguments: str) -> str:
        """The one line on which a command says why it did nothing."""
        assert self._typed(*arguments) == 1
        shown = self._capsys.readouterr()
        assert (shown.out, shown.err.count("\n")) == ("", 1)
        return shown.err

    def misused(self, *arguments: str) -> str:
        with pytest.raises(SystemExit):
            self._typed(*arguments)
        return self._capsys.readouterr().err

    def key(self, *arguments: str) -> KeyText:
        """The key on the last line of what a command printed."""
        found = KeyText.parse(self(*arguments).splitlines()[-1])
        assert found is not None
        return found


@pytest.fixture
def shell(typed: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(typed, capsys)


def made(shell: Shell) -> KeyText:
    """A key of the new partner acme."""
    shell("partner", "create", "acme", "--name", "Acme Ltd", *WHO)
    return shell.key("key", "create", "acme", "--label", "web", *WHO)


def test_from_nothing_to_a_first_key(shell: Shell) -> None:
    assert "no partner yet" in shell("partner", "list")

    assert "next: key create acme" in shell("partner", "create", "acme", "--name", "Acme Ltd", *WHO)
    assert "has no key yet" in shell("key", "list", "acme")
    key = shell.key("key", "create", "acme", *WHO)

    assert key.stage == "local"
    assert re.search(rf"^{key.id} +- +all +\S+ \S+ by jane +live +-$", shell("key", "list", "acme"), re.MULTILINE)
    assert re.search(r"^acme +Acme Ltd +live +1$", shell("partner", "list"), re.MULTILINE)


def test_a_key_is_printed_once_and_never_again(shell: Shell, table: Table) -> None:
    key = made(shell)

    for arguments in (("key", "list", "acme"), ("partner", "show", "acme"), ("partner", "list")):
        assert not FORM.search(shell(*arguments))
    assert key.text not in everything(table)


def test_a_partner_is_shown_with_its_allowance_its_use_its_keys_and_who_changed_what(
    shell: Shell, counters: Table
) -> None:
    key = made(shell)
    shell("partner", "allow", "acme", "--writes-a-day", "50", *WHO)
    for _ in range(3):
        DynamoCounters(counters).count("acme", key.id, Use.WRITES, Limit(9, 9), datetime.now(UTC))

    shown = shell("partner", "show", "acme")

    assert "acme: Acme Ltd, live" in shown
    assert re.search(r"^ +50 writes a day, its own, 3 used today$", shown, re.MULTILINE)
    assert re.search(r"^ +200000 reads a day, by default, 0 used today$", shown, re.MULTILINE)
    assert re.search(r"^ +300 cancels a minute, 0 used today$", shown, re.MULTILINE)
    assert re.search(rf"^{key.id} +web .* {datetime.now(UTC):%Y-%m-%d}, 3 requests$", shown, re.MULTILINE)
    assert re.search(r"jane  created as Acme Ltd$", shown, re.MULTILINE)


def test_a_rotation_says_when_the_old_key_ends_and_how_long_it_may_still_be_remembered(
    shell: Shell, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    key, remembering = made(shell), replace(stack, keys_remembered=60)
    rotate = ["--stack", "pinbill", "key", "rotate", "acme", "--overlap", "2", *WHO]

    assert command_line.main(rotate, lambda name: remembering) == 0

    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"key {key.id} ends at \S+ \S+Z", said[0])
    assert said[1] == "API Gateway may remember it for 60 seconds longer"
    assert KeyText.parse(said[-1]) is not None


def test_a_rotation_without_an_overlap_is_in_force_at_once(shell: Shell) -> None:
    made(shell)

    assert "in force" in shell("key", "rotate", "acme", "--overlap", "0", *WHO)


@pytest.mark.parametrize("way", ["its id", "itself", "standard input"])
def test_a_revocation_says_from_when_on_it_holds_and_what_is_left(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    key = made(shell)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{key.text}\n"))
    named = {"its id": key.id, "itself": key.text, "standard input": "-"}[way]

    said = shell("key", "revoke", named, *WHY)

    assert f"key {key.id} of acme is revoked\nin force " in said
    assert "acme has 0 live keys: it cannot call anything" in said
    assert not FORM.search(said)


def test_a_suspension_says_what_goes_on(shell: Shell) -> None:
    made(shell)

    said = shell("partner", "suspend", "acme", *WHY)

    assert "may read and cancel, and nothing else" in said
    assert "stop partner/acme" in said
    assert "live again" in shell("partner", "resume", "acme", *WHY)


def test_an_allowance_goes_back_to_the_default(shell: Shell) -> None:
    shell("partner", "create", "acme", "--name", "Acme", "--reads-a-day", "7", *WHO)

    said = shell("partner", "allow", "acme", "--reads-a-day", "default", "--writes-a-minute", "9", *WHO)

    assert "200000 reads a day, by default" in said
    assert "9 writes a minute, its own" in said


def test_a_key_of_some_scopes_is_listed_with_them(shell: Shell) -> None:
    shell("partner", "create", "acme", "--name", "Acme", *WHO)
    shell("key", "create", "acme", "--scopes", "catalog:read, subscriptions:read", "--days", "5", *WHO)

    assert re.search(r"catalog:read subscriptions:read .* ends \d{4}", shell("key", "list", "acme"))


SLIPS = [
    (("partner", "show", "acne"), "partner_not_found: There is no partner acne: make it with partner create acne"),
    (("partner", "create", "Acme", "--name", "Acme", *WHO), "partner_invalid: 'Acme' is no partner's id"),
    (("partner", "create", "acme", "--name", "Acme", *WHO), "partner_exists: "),
    (("partner", "allow", "acme", *WHO), "partner_invalid: Say what is to change: --reads-a-minute"),
    (("partner", "allow", "acme", "--reads-a-minute", "30001", *WHO), "partner_invalid: reads a minute is 30001"),
    (("partner", "resume", "acme", *WHY), "partner_unchanged: acme is live already"),
    (("key", "create", "acne", *WHO), "partner_not_found: "),
    (("key", "rotate", "bravo", *WHO), "api_key_not_found: bravo has no live key to follow: make one with key create"),
    (("key", "revoke", "nothing", *WHY), "api_key_not_found: There is no such key in this stage; nothing was revoked."),
    (("key", "list", "acne"), "partner_not_found: "),
]


@pytest.mark.parametrize(("arguments", "said"), SLIPS, ids=[" ".join(arguments[:3]) for arguments, _ in SLIPS])
def test_a_slip_changes_nothing_and_is_told_what_to_do(
    shell: Shell, table: Table, arguments: tuple[str, ...], said: str
) -> None:
    made(shell)
    shell("partner", "create", "bravo", "--name", "Bravo", *WHO)
    before = everything(table)

    assert shell.refused(*arguments).startswith(said)

    assert everything(table) == before


def test_a_third_key_is_refused_with_the_two_that_are_there(shell: Shell) -> None:
    first = made(shell)
    second = shell.key("key", "create", "acme", *WHO)

    said = shell.refused("key", "create", "acme", *WHO)

    assert said.startswith(f"too_many_keys: acme has two live keys, {first.id} and {second.id}: revoke the one")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "create", "acme"), "--by"),
        (("key", "revoke", "x", *WHO), "--because"),
        (("partner", "suspend", "acme", *WHO), "--because"),
        (("key", "create", "acme", "--scopes", "everything", *WHO), "one or more of catalog:read"),
        (("key", "rotate", "acme", "--overlap", "1000", *WHO), "no whole number from 0 to 720"),
        (("partner", "allow", "acme", "--reads-a-day", "many", *WHO), "no whole number from 1 to"),
        (("partner",), "create|list|show"),
    ],
)
def test_a_command_that_is_not_whole_says_what_it_needs(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    assert said in shell.misused(*arguments)


class Gateway:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.flushed: list[dict[str, str]] = []

    def flush_stage_authorizers_cache(self, **given: str) -> None:
        if self.failure:
            raise self.failure
        self.flushed.append(given)


def test_api_gateway_is_made_to_forget_the_keys_of_the_stage() -> None:
    gateway = Gateway()

    said = RememberedKeys(gateway, "api1", "sandbox", 60).forget()

    assert said.startswith("in force at once")
    assert gateway.flushed == [{"restApiId": "api1", "stageName": "sandbox"}]


def test_when_it_may_not_be_told_so_it_forgets_by_itself() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Flush")

    assert RememberedKeys(Gateway(denied), "api1", "sandbox", 60).forget().startswith("in force within 60 seconds")


def test_where_nothing_is_remembered_nothing_is_asked() -> None:
    gateway = Gateway()

    assert RememberedKeys(gateway, "api1", "sandbox", 0).forget() == "in force at once"
    assert gateway.flushed == []
