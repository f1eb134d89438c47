"""Carry out a request with an Idempotency-Key once: its repeat is answered with what has become of the first."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pinbill.domain.attempts import Attempt
from pinbill.domain.change import Change
from pinbill.domain.repeats import Keyed, Outcome, Remembered
from pinbill.domain.subscription import Subscription
from pinbill.errors import (
    ConcurrentChange,
    Conflict,
    IdempotencyKeyReused,
    NumberRejected,
    PinbillError,
    PinExhausted,
    PinExpired,
    PinWrong,
)
from pinbill.usecases.changing import change
from pinbill.usecases.ports.store import AlreadyRemembered, Store

REFUSALS: Mapping[str | None, type[PinbillError]] = {
    PinWrong.code: PinWrong,
    PinExpired.code: PinExpired,
    PinExhausted.code: PinExhausted,
    NumberRejected.code: NumberRejected,
}
PAGE = 100  # of the ledger
KEEPS = "This Idempotency-Key keeps this answer: another try needs a new key. "


def earlier(store: Store, partner: str, id: str | None, request: Keyed | None) -> Remembered | None:
    """What is remembered of this request; None for one without a key. Raises IdempotencyKeyReused for another body."""
    found = store.remembered(partner, id, request.key) if request else None
    if found and request and found.body != request.body:
        raise IdempotencyKeyReused
    return found


def raise_refused(found: Remembered) -> None:
    """Raise what a request about a PIN was refused by for good; nothing for any other."""
    if found.outcome is Outcome.REFUSED:
        refused = REFUSALS[found.code]
        raise refused(KEEPS + refused.message)


def answered(store: Store, subscription: Subscription, request: Keyed | None) -> Subscription | None:
    """The subscription as it now stands, if this request was done before. Raises IdempotencyKeyReused."""
    found = earlier(store, subscription.partner, subscription.id, request)
    if found is None or found.outcome is not Outcome.DONE:
        return None
    return store.subscription(subscription.partner, subscription.id)


def attempt_of(store: Store, subscription: Subscription, attempt_id: str) -> Attempt | None:
    """The attempt of an earlier request as it stands, however long ago that was."""
    current = subscription.open_attempt
    if current is not None and current.id == attempt_id:
        return current
    cursor: str | None = None
    while True:
        page = store.journal(subscription.partner, subscription.id, PAGE, cursor, money_only=True)
        found = (entry.attempt for entry in page.rows if entry.attempt)
        attempt = next((each for each in found if each.id == attempt_id), None)
        if attempt or page.cursor is None:
            return attempt
        cursor = page.cursor


def change_once(
    store: Store,
    subscription: Subscription,
    decide: Callable[[Subscription], Change | None],
    request: Keyed | None,
    now: datetime,
) -> Subscription:
    """As `change`, once for each key: also that nothing was to be changed is remembered, and stays so.

    Returns the subscription as it then stands. Raises IdempotencyKeyReused.
    """
    if request is None:
        return change(store, subscription, decide)
    done = answered(store, subscription, request)
    if done:
        return done

    def remembering(current: Subscription) -> Change:
        return (decide(current) or Change.of(current)).remember(request.begun(now))

    try:
        return change(store, subscription, remembering)
    except (AlreadyRemembered, Conflict) as refused:
        done = answered(store, subscription, request)  # by another one with this key, at the same time
        if done:
            return done
        if isinstance(refused, AlreadyRemembered):
            raise ConcurrentChange from None
        raise
