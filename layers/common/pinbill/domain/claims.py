"""The claim: the one write that must succeed before a provider is asked for money."""

from datetime import datetime

from pinbill.domain.attempts import Attempt, AttemptKind, Obligation
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.money import Money
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AlreadySettled, AttemptOpen, WrongState

CLAIMABLE = {
    AttemptKind.FIRST_BILL: frozenset({State.PENDING}),
    AttemptKind.RENEWAL: frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED}),
    AttemptKind.CHARGE: frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE}),
}


def claim_period(subscription: Subscription, kind: AttemptKind, owner: str, now: datetime) -> Change:
    """Claim the subscription's next unsettled period at its price; a renewal only while its bill is due."""
    return _claim(subscription, kind, Obligation(period=subscription.next_period), subscription.price, owner, now)


def claim_charge(
    subscription: Subscription, key: str, body: str, amount: Money, description: str, owner: str, now: datetime
) -> Change:
    """Claim a new on-demand charge; its record is written with the claim, so its key can never be claimed twice."""
    change = _claim(subscription, AttemptKind.CHARGE, Obligation(charge=key), amount, owner, now)
    attempt = change.after.open_attempt
    assert attempt is not None  # _claim has just set it
    return change.with_new_charge(Charge(key, body, amount, description, now, attempt))


def reclaim_charge(subscription: Subscription, charge: Charge, owner: str, now: datetime) -> Change:
    """Claim a charge again whose earlier attempt was proved not sent, or not charged."""
    obligation = Obligation(charge=charge.key)
    change = _claim(subscription, AttemptKind.CHARGE, obligation, charge.amount, owner, now, charge.tries + 1)
    attempt = change.after.open_attempt
    assert attempt is not None  # _claim has just set it
    return change.with_charge(charge, attempt)


def _claim(
    subscription: Subscription,
    kind: AttemptKind,
    obligation: Obligation,
    amount: Money,
    owner: str,
    now: datetime,
    number: int | None = None,
) -> Change:
    """Store the attempt. Raises AttemptOpen, WrongState or AlreadySettled; the version makes these checks binding."""
    if subscription.open_attempt:
        raise AttemptOpen
    if subscription.state not in CLAIMABLE[kind]:
        raise WrongState(f"A subscription that is {subscription.state} takes no {kind.replace('_', ' ')}.")
    if subscription.cancel_at:
        raise WrongState("The subscription is cancelled at the end of its period; nothing is billed any more.")
    if kind is AttemptKind.RENEWAL and not subscription.is_due(Timer.BILL, now):
        # The caller decided on an older reading, and somebody else has billed since: neither is the next period billed
        # early in place of this one, nor a decline repeated at once.
        raise AlreadySettled
    if kind is AttemptKind.RENEWAL and _is_given_up(subscription, now):
        raise AlreadySettled
    attempts = subscription.attempts + 1
    attempt = Attempt(
        id=f"{subscription.id}-{attempts}",
        kind=kind,
        obligation=obligation,
        number=number or (subscription.tries + 1 if obligation.period is not None else 1),
        owner=owner,
        amount=amount,
        claimed_at=now,
    )
    change = Change.of(subscription).set(open_attempt=attempt, attempts=attempts)
    if subscription.is_due(Timer.BILL, now):
        return (
            change  # still due: if this process dies, the sweep or the audit that looks for the bill finds the attempt
        )
    return change.timers({Timer.FOLLOW_UP: now + LEASE})


def _is_given_up(subscription: Subscription, now: datetime) -> bool:
    """A period that was tried in vain is written off when the next one has begun, and not asked for once more."""
    schedule = subscription.schedule
    return subscription.tries > 0 and schedule is not None and schedule.period_at(now) > subscription.next_period
