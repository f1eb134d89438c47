"""A partner's side of webhooks: only what we have signed is believed, and every disorder ends in the right state."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kit import shuffles
from kit.deliveries import signed
from pinbill_client.webhooks import (
    LONGEST_BODY,
    TOLERANCE_SECONDS,
    Consumer,
    Event,
    MemoryBooks,
    SecretInvalid,
    Verifier,
    WebhookRefused,
    missing,
)

# The specification's own vector: libraries/javascript/src/webhook.test.ts of github.com/standard-webhooks.
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
VECTOR_BODY = b'{"test": 2432232314}'
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
NOW = 1_800_000_000.0
SECRET, OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode(), "whsec_" + base64.b64encode(bytes(32)).decode()


def body(sequence: int = 3, **more: Any) -> bytes:
    subscription = {"id": "SUB1", "state": "active", "sequence": sequence}
    event = {
        "id": f"evt_SUB1_{sequence}",
        "type": "bill.paid",
        "timestamp": "2026-11-05T10:00:00Z",
        "sequence": sequence,
        "data": {"subscription": subscription},
    }
    return json.dumps({**event, **more}).encode()


def verifier(*secrets: str) -> Verifier:
    return Verifier(*(secrets or (SECRET,)), now=lambda: NOW)


def headers(content: bytes, secret: str = SECRET, at: float = NOW) -> dict[str, str]:
    return dict(signed(secret, content, at).headers)


def test_the_specifications_own_vector_has_a_good_signature() -> None:
    """It is no event of ours, which is found out only after its signature was found good."""
    with pytest.raises(WebhookRefused, match="the body is no event"):
        Verifier(VECTOR_SECRET, now=lambda: 1614265330.0).verify(VECTOR, VECTOR_BODY)
    with pytest.raises(WebhookRefused, match="no signature is right"):
        Verifier(OTHER, now=lambda: 1614265330.0).verify(VECTOR, VECTOR_BODY)


def test_a_good_delivery_is_its_event() -> None:
    event = verifier().verify(headers(body()), body())

    assert (event.id, event.type, event.sequence, event.subscription_id) == ("evt_SUB1_3", "bill.paid", 3, "SUB1")
    assert event.subscription == {"id": "SUB1", "state": "active", "sequence": 3}


def test_names_of_headers_are_read_in_any_case() -> None:
    shouted = {name.upper(): value for name, value in headers(body()).items()}

    assert verifier().verify(shouted, body()).sequence == 3


@pytest.mark.parametrize("at", range(0, 150, 7))
def test_no_byte_of_a_body_may_be_changed(at: int) -> None:
    content = body()
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    with pytest.raises(WebhookRefused, match="no signature is right"):
        verifier().verify(headers(content), changed)


@pytest.mark.parametrize("name", sorted(VECTOR))
def test_each_header_is_needed(name: str) -> None:
    rest = {header: value for header, value in headers(body()).items() if header != name}

    with pytest.raises(WebhookRefused, match=name):
        verifier().verify(rest, body())


@pytest.mark.parametrize(("header", "value"), [("webhook-id", "evt_SUB1_4"), ("webhook-timestamp", str(int(NOW) + 1))])
def test_id_and_time_are_signed_too(header: str, value: str) -> None:
    with pytest.raises(WebhookRefused):
        verifier().verify({**headers(body()), header: value}, body())


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, -10_000_000])
def test_a_delivery_from_another_time_is_refused(seconds: int) -> None:
    with pytest.raises(WebhookRefused, match="too far from now"):
        verifier().verify(headers(body(), at=NOW + seconds), body())


@pytest.mark.parametrize("text", ["", "hello", "-1", "1e9", "1.5", "9" * 13, "١٢٣"])
def test_a_timestamp_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WebhookRefused):
        verifier().verify({**headers(body()), "webhook-timestamp": text}, body())


@pytest.mark.parametrize(
    "given", ["", "v1,", "v1", WRONG, "v1,not base64!", "v2,{good}", "v1a,{good}", "{good}", "v1,{good}x", "v1,,{good}"]
)
def test_what_is_no_good_signature_is_refused(given: str) -> None:
    good = headers(body())["webhook-signature"].removeprefix("v1,")

    with pytest.raises(WebhookRefused):
        verifier().verify({**headers(body()), "webhook-signature": given.replace("{good}", good)}, body())


@pytest.mark.parametrize("order", ["{wrong} {good}", "{good} {wrong}", "v2,x {wrong} {good} v1a,y"])
def test_one_good_signature_among_others_is_enough(order: str) -> None:
    good = headers(body())["webhook-signature"]

    several = order.replace("{good}", good).replace("{wrong}", WRONG)

    assert verifier().verify({**headers(body()), "webhook-signature": several}, body()).sequence == 3


def test_while_a_secret_is_rotated_either_is_good() -> None:
    both = verifier(SECRET, OTHER)

    assert both.verify(headers(body(), OTHER), body()).sequence == 3
    assert both.verify(headers(body(), SECRET), body()).sequence == 3


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"null", b'{"id": "evt_1"}', b"\xff\xfe", body(data=[])])
def test_what_is_no_event_is_refused_even_if_we_had_signed_it(content: bytes) -> None:
    given = dict(signed(SECRET, content, NOW, id="evt_1").headers)

    with pytest.raises(WebhookRefused):
        verifier().verify(given, content)


def test_a_body_without_end_is_refused() -> None:
    content = body(padding="x" * LONGEST_BODY)

    with pytest.raises(WebhookRefused, match="too long"):
        verifier().verify(headers(content), content)


def test_the_id_of_the_body_is_that_of_the_header() -> None:
    given = dict(signed(SECRET, body(), NOW, id="evt_SUB1_4").headers)

    with pytest.raises(WebhookRefused, match="not that in the header"):
        verifier().verify(given, body())


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!", "", "x", "whsec_=="])
def test_a_secret_that_is_none_is_refused_and_not_quoted(secret: str) -> None:
    with pytest.raises(SecretInvalid, match=r"^a secret is whsec_ and base64$"):
        Verifier(secret)


def test_without_a_secret_nothing_is_verified() -> None:
    with pytest.raises(SecretInvalid):
        Verifier()


def told(*sequences: int, as_of: int = 0, state: str = "active") -> Iterator[Event]:
    for sequence in sequences:
        subscription = {"id": "SUB1", "state": state, "sequence": max(as_of, sequence)}
        yield Event(f"evt_SUB1_{sequence}", "bill.paid", "", sequence, {"subscription": subscription})


def receipts(*events: Event) -> list[tuple[bool, bool, list[int]]]:
    consumer = Consumer()
    return [(each.is_new, each.is_newest, list(each.missing)) for each in map(consumer.receive, events)]


def test_events_in_order_are_each_new_and_the_newest() -> None:
    assert receipts(*told(1, 2, 3)) == [(True, True, [])] * 3


def test_a_duplicate_is_known_again() -> None:
    assert receipts(*told(1, 1, 2, 1)) == [(True, True, []), (False, False, []), (True, True, []), (False, False, [])]


def test_a_late_event_is_new_and_not_the_newest() -> None:
    assert receipts(*told(1, 3, 2)) == [(True, True, []), (True, True, [2]), (True, False, [])]


def test_who_began_later_misses_nothing_that_was_before() -> None:
    assert receipts(*told(7, 8)) == [(True, True, []), (True, True, [])]


def test_what_was_before_can_be_replayed() -> None:
    assert receipts(*told(7, 8, 5, 6)) == [(True, True, []), (True, True, []), (True, False, [6]), (True, False, [])]


def test_a_snapshot_from_later_wins_over_the_events_between() -> None:
    late = next(told(2, as_of=9, state="cancelled"))

    assert receipts(next(told(1)), late, *told(3, 4)) == [
        (True, True, []),
        (True, True, []),
        (True, False, []),
        (True, False, []),
    ]


def test_a_ping_is_noted_nowhere() -> None:
    books = MemoryBooks()
    ping = Event("evt_ping_1", "webhook.ping", "", None, {})

    assert Consumer(books).receive(ping).is_new is False
    assert books.subscriptions == {}


def test_a_consumer_goes_on_where_its_books_end() -> None:
    books = MemoryBooks()
    for event in told(1, 3):
        Consumer(books).receive(event)

    receipt = Consumer(books).receive(next(told(2)))

    assert (receipt.is_new, receipt.missing) == (True, [])
    assert missing(books.seen("SUB1")) == []


def test_every_shuffle_with_duplicates_and_losses_ends_in_the_right_state() -> None:
    tally = shuffles.run(2_000, seed=5)

    assert tally.is_clean, tally
    assert min(tally.duplicates, tally.lost) > 500
