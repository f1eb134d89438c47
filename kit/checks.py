"""What a receiver has to bear: each check fires something at it and judges its answers, and its state if shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from kit.deliveries import Answer, Delivery, Story, send, signed

OLD_SECONDS = 11 * 60  # receivers should allow five minutes
SLOW_PAUSES = (0.5,) * 5
OTHER_SECRET = "whsec_" + "A" * 43 + "="
LARGE, TOO_LARGE = 60 * 1024, 3 * 1024 * 1024

type Show = Callable[[str], dict[str, Any]]
"""What the receiver holds of a subscription: state, sequence, events (how many it has acted upon), missing."""


class Verdict(Enum):
    PASSED = "pass"
    FAILED = "FAIL"
    NOT_SEEN = "skip"  # it shows only in the receiver's state, which was not shown


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    verdict: Verdict
    seen: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint under test. `show` tells what it holds; None where it cannot be looked at."""

    url: str
    secret: str
    show: Show | None = None

    def fire(self, delivery: Delivery) -> Answer:
        return send(self.url, delivery)

    def tell(self, body: bytes) -> Answer:
        """A good delivery."""
        return self.fire(signed(self.secret, body))


class Unfit(Exception):
    """The receiver did not do what it has to."""


def is_taken(answer: Answer, what: str) -> None:
    if not answer.is_taken:
        raise Unfit(f"{what} was answered {answer}")


def is_refused(answer: Answer, what: str) -> None:
    if not answer.is_refused:
        raise Unfit(f"{what} was answered {answer}")


def holds(target: Target, story: Story, **expected: object) -> None:
    """Raises Unfit where the receiver shows something else of the subscription; says nothing where it shows nothing."""
    if target.show is None:
        return
    shown = target.show(story.id)
    wrong = [
        f"{name} is {shown.get(name)!r}, not {value!r}" for name, value in expected.items() if shown.get(name) != value
    ]
    if wrong:
        raise Unfit("its state is wrong: " + ", ".join(wrong))


def a_good_delivery(target: Target) -> None:
    story = Story()
    is_taken(target.tell(story.event(1)), "a good delivery")
    holds(target, story, state="active", sequence=1, events=1)


def a_duplicate(target: Target) -> None:
    story = Story()
    for _ in range(3):
        is_taken(target.tell(story.event(1)), "an event that had come before")
    is_taken(target.tell(story.event(2)), "the next event")
    holds(target, story, state="active", sequence=2, events=2)


def duplicates_at_once(target: Target) -> None:
    story = Story()
    body = story.event(1)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: target.tell(body), range(8)))
    # One of them may be asked to come again; none may be acted upon twice.
    if not any(answer.is_taken for answer in answers):
        raise Unfit(f"eight equal deliveries at once were answered {', '.join(map(str, answers))}")
    is_taken(target.tell(body), "the same event, after eight at once")
    holds(target, story, sequence=1, events=1)


def disorder(target: Target) -> None:
    story = Story()
    for sequence, state in ((1, "active"), (3, "cancelled"), (2, "past_due")):
        is_taken(target.tell(story.event(sequence, state)), f"event {sequence} of the order 1, 3, 2")
    holds(target, story, state="cancelled", sequence=3, events=3)


def a_gap(target: Target) -> None:
    story = Story()
    for sequence in (1, 4):
        is_taken(target.tell(story.event(sequence)), f"event {sequence} of the order 1, 4")
    holds(target, story, sequence=4, missing=[2, 3])


def a_bad_signature(target: Target) -> None:
    story = Story()
    forged = signed(OTHER_SECRET, story.event(1, "cancelled"))
    is_refused(target.fire(forged), "a delivery that somebody else has signed")
    is_refused(
        target.fire(replace(forged, headers={**forged.headers, "webhook-signature": "v1,"})), "an empty signature"
    )
    holds(target, story, events=0)


def no_signature(target: Target) -> None:
    story = Story()
    good = signed(target.secret, story.event(1))
    for name in good.headers:
        rest = {header: value for header, value in good.headers.items() if header != name}
        is_refused(target.fire(replace(good, headers=rest)), f"a delivery without {name}")
    holds(target, story, events=0)


def an_altered_body(target: Target) -> None:
    story = Story()
    good = signed(target.secret, story.event(1))
    altered = good.body.replace(b'"4.50"', b'"0.01"')
    is_refused(target.fire(replace(good, body=altered)), "a body that was changed after it was signed")
    is_refused(target.fire(replace(good, body=good.body + b" ")), "a body with a space more than was signed")
    holds(target, story, events=0)


def another_id(target: Target) -> None:
    story = Story()
    good = signed(target.secret, story.event(1))
    other = replace(good, headers={**good.headers, "webhook-id": f"evt_{story.id}_2"})
    is_refused(target.fire(other), "a delivery under another id than was signed")
    holds(target, story, events=0)


def an_old_timestamp(target: Target) -> None:
    story = Story()
    for seconds, what in ((-OLD_SECONDS, "ago"), (OLD_SECONDS, "ahead")):
        delivery = signed(target.secret, story.event(1), time.time() + seconds)
        is_refused(target.fire(delivery), f"a delivery with a good signature from {OLD_SECONDS // 60} minutes {what}")
    holds(target, story, events=0)


def two_signatures(target: Target) -> None:
    story = Story()
    good = signed(target.secret, story.event(1))
    other = signed(OTHER_SECRET, story.event(1)).headers["webhook-signature"]
    for both in (
        f"{other} {good.headers['webhook-signature']}",
        f"v1a,xyz {good.headers['webhook-signature']} {other}",
    ):
        delivery = replace(good, headers={**good.headers, "webhook-signature": both})
        is_taken(target.fire(delivery), "a delivery that two secrets have signed, as while one is rotated")
    holds(target, story, sequence=1, events=1)


def a_new_type(target: Target) -> None:
    story = Story()
    body = story.event(1, type="subscription.something_new", further={"field": [1, 2, 3]})
    is_taken(target.tell(body), "an event of a type and with a field that are not known yet")
    holds(target, story, sequence=1)


def a_ping(target: Target) -> None:
    id = f"evt_ping_{Story().id}"
    body = b'{"id":"%s","type":"webhook.ping","timestamp":"2026-11-05T10:00:00Z","data":{}}' % id.encode()
    is_taken(target.tell(body), "a ping")


def a_slow_sender(target: Target) -> None:
    slow, quick = Story(), Story()
    with ThreadPoolExecutor(1) as pool:
        dripping = pool.submit(target.fire, replace(signed(target.secret, slow.event(1)), pauses=SLOW_PAUSES))
        time.sleep(SLOW_PAUSES[0])
        meanwhile = target.tell(quick.event(1))
        is_taken(dripping.result(), "a delivery that came in slowly")
    is_taken(meanwhile, "a delivery that came while another one came in slowly")
    if meanwhile.seconds > sum(SLOW_PAUSES) / 2:
        raise Unfit(f"a delivery had to wait {meanwhile.seconds:.1f} s for another one that came in slowly")


def a_large_body(target: Target) -> None:
    story = Story()
    is_taken(target.tell(story.event(1, padding="x" * LARGE)), f"a good delivery of {LARGE // 1024} KiB")
    forged = Delivery("evt_1", b"[" + b"0," * (TOO_LARGE // 2) + b"0]", signed(OTHER_SECRET, story.event(2)).headers)
    flooded = target.fire(forged)
    if flooded.is_taken:
        raise Unfit(f"{TOO_LARGE // 1024 // 1024} MiB of rubbish were answered {flooded}")
    is_taken(target.tell(story.event(2)), "a good delivery after a flood")


def an_answer_in_time(target: Target) -> None:
    story = Story()
    answers = [target.tell(story.event(sequence)) for sequence in range(1, 6)]
    for answer in answers:
        is_taken(answer, "a good delivery")
    slowest = max(answer.seconds for answer in answers)
    if slowest > 2.0:
        raise Unfit(f"an answer took {slowest:.1f} s")


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    run: Callable[[Target], None]
    advice: str
    by_state: bool = False  # its answers say little: it shows in what the receiver holds


VERIFY = "Verify by the raw body, before you parse it; Verifier of pinbill_client.webhooks does it."
REMEMBER = (
    "Keep the ids of the events that you have acted upon, in the same transaction, and answer 2xx to a known one."
)
NEWEST = "Keep `data.subscription` only if its `sequence` is above the one you hold."
CHECKS = [
    Check("a good delivery is taken", a_good_delivery, "Answer 2xx to a delivery with a good signature. " + VERIFY),
    Check("a duplicate is taken and not acted upon again", a_duplicate, REMEMBER, True),
    Check("duplicates at once are acted upon once", duplicates_at_once, REMEMBER, True),
    Check("events in another order lead to the newest state", disorder, NEWEST, True),
    Check("a gap is noticed", a_gap, "Compare `sequence` with what came; ask for a replay of what is missing.", True),
    Check("a bad signature is refused", a_bad_signature, "Answer 4xx, and change nothing. " + VERIFY),
    Check("a missing header is refused", no_signature, "Answer 4xx if any of the three headers is missing."),
    Check("an altered body is refused", an_altered_body, VERIFY),
    Check("another id is refused", another_id, "The id is signed too: take it from the header `webhook-id`. " + VERIFY),
    Check(
        "an old timestamp is refused", an_old_timestamp, "Refuse a webhook-timestamp more than five minutes from now."
    ),
    Check(
        "two signatures are taken",
        two_signatures,
        "Split webhook-signature at spaces; one good v1 signature is enough.",
    ),
    Check(
        "an unknown type or field is taken", a_new_type, "Ignore what you do not know; keep the snapshot all the same."
    ),
    Check("a ping is taken", a_ping, "Answer 2xx to any event with a good signature."),
    Check(
        "a slow sender keeps no other waiting",
        a_slow_sender,
        "Serve requests at the same time, and bound each one's time.",
    ),
    Check("a large body does no harm", a_large_body, "Take 64 KiB; refuse what is far larger with 413, and go on."),
    Check(
        "answers come in time", an_answer_in_time, "Answer first and work later: put the event into a queue of yours."
    ),
]


def certify(target: Target, check: Check) -> Finding:
    try:
        check.run(target)
    except Unfit as unfit:
        return Finding(check.name, Verdict.FAILED, str(unfit), check.advice)
    if check.by_state and target.show is None:
        return Finding(check.name, Verdict.NOT_SEEN, "its answers are right; only its state would show the rest")
    return Finding(check.name, Verdict.PASSED)
