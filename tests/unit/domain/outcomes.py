"""Every outcome of an attempt, and what may have happened to its subscription meanwhile."""

from dataclasses import replace

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Evidence, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.ending import When, cancel
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import add_evidence, look_again
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import (
    BANK,
    BILLED,
    CLASSES,
    DAY,
    HOUR,
    MINUTE,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    PENDING,
    PHONE,
    UNKNOWN,
    claimed,
    declined,
    settled,
)

RAILS = [PHONE, BANK]
RESULTS = [PAID, PENDING, UNKNOWN, NOT_SENT, NOT_CHARGED, *map(declined, CLASSES)]
CLOSING = [result for result in RESULTS if result not in (PENDING, UNKNOWN)]
RENEWED = [*BILLED, State.PENDING]
CHARGED = [State.TRIALING, State.ACTIVE, State.PAST_DUE]
LATER = NOW + 3 * DAY


def name(value: object) -> str:
    if isinstance(value, BillResult):
        return f"{value.state}-{value.failure}" if value.state is AttemptState.DECLINED else str(value.state)
    return str(value)


def moved(state: State, rail: RailName, how: str) -> Subscription:
    """A claimed period whose subscription was changed while the provider was asked."""
    subscription = claimed(state, rail)
    match how:
        case "cancelled now":
            change = cancel(subscription, When.NOW, "test", NOW)
        case "cancelled at period end":
            change = cancel(subscription, When.PERIOD_END, "test", NOW)
        case "unknown":
            change = settled(subscription, UNKNOWN)
        case "pending":
            change = settled(subscription, PENDING)
        case "unknown, then cancelled":
            change = cancel(settled(subscription, UNKNOWN).after, When.PERIOD_END, "test", NOW + MINUTE)
        case _:
            return subscription
    assert change is not None
    check_change(change)
    return change.after


def on_the_list(state: State, rail: RailName = PHONE, id: str | None = None) -> Subscription:
    """A bill whose outcome was looked for in vain as often as the rail's ladder says."""
    subscription = claimed(state, rail)
    return looked_at(settled(replace(subscription, id=id) if id else subscription, UNKNOWN).after)


def attempt_of(subscription: Subscription) -> Attempt:
    """The open attempt; fails the test when nothing is open."""
    assert subscription.open_attempt is not None
    return subscription.open_attempt


def with_evidence(subscription: Subscription, *says: str) -> Subscription:
    """After callbacks that said these words, an hour apart."""
    for n, word in enumerate(says, 1):
        evidence = Evidence(NOW + n * HOUR, Source.CALLBACK, word)
        change = add_evidence(subscription, attempt_of(subscription).id, evidence)
        assert change is not None
        check_change(change)
        subscription = change.after
    return subscription


def looked_at(subscription: Subscription) -> Subscription:
    """After every look of the ladder, each in vain."""
    for _ in RULES[subscription.rail].ladder:
        change = look_again(subscription, None, subscription.timers[Timer.FOLLOW_UP])
        assert change is not None
        check_change(change)
        subscription = change.after
    return subscription


HOWS = ["", "cancelled now", "cancelled at period end", "unknown", "pending", "unknown, then cancelled"]
