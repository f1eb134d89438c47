"""The claim: the one write that must succeed before a provider is asked for money."""

from datetime import datetime

from pinbill.domain import announcing, spending
from pinbill.domain.attempts import Attempt, AttemptKind, Obligation
from pinbill.domain.catalog import NO_TERMS, Terms
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


def claim_period(
    subscription: Subscription, kind: AttemptKind, owner: str, now: datetime, terms: Terms = NO_TERMS
) -> Change:
    """Claim the subscription's next unsettled period at its price; a renewal only while its bill is due."""
    obligation = Obligation(period=subscription.next_period)
    return _claim(subscription, kind, obligation, subscription.price, owner, now, terms)


def claim_charge(
    subscription: Subscription,
    key: str,
    body: str,
    amount: Money,
    description: str,
    owner: str,
    now: datetime,
    terms: Terms = NO_TERMS,
) -> Change:
    """Claim a new on-demand charge; its record is written with the claim, so its key can never be claimed twice."""
    change = _claim(subscription, AttemptKind.CHARGE, Obligation(charge=key), amount, owner, now, terms)
    attempt = change.after.open_attempt
    assert attempt is not None  # _claim has just set it
    return change.with_new_charge(Charge(key, body, amount, description, now, attempt))


def reclaim_charge(
    subscription: Subscription, charge: Charge, owner: str, now: datetime, terms: Terms = NO_TERMS
) -> Change:
    """Claim a charge again whose earlier attempt was proved not sent, or not charged."""
    obligation, number = Obligation(charge=charge.key), charge.tries + 1
    change = _claim(subscription, AttemptKind.CHARGE, obligation, charge.amount, owner, now, terms, number)
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
    terms: Terms,
    number: int | None = None,
) -> Change:
    """Store the attempt. Raises AttemptOpen, WrongState, AlreadySettled, NoticeMissing or CapReached; the version makes
    these checks binding."""
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
    announcing.check(subscription, terms.notice, kind, now)
    spending.check(subscription, terms.caps, amount, now)
    attempts = subscription.attempts + 1
    attempt = Attempt(
        id=f"{subscription.id}-{attempts}",
        kind=kind,
        obligation=obligation,
        number=number or (subscription.tries + 1 if obligation.period is not None else 1),
        owner=owner,
        amount=amount,
        claimed_at=now,
        receipt_by_partner=terms.receipt_by_partner,
    )
    change = Change.of(subscription).set(open_attempt=attempt, attempts=attempts)
    change = spending.count(change, terms.caps, amount, now)
    if subscription.is_due(Timer.BILL, now):
        return (
            change  # still due: if this process dies, the sweep or the audit that looks for the bill finds the attempt
        )
    return change.timers({Timer.FOLLOW_UP: now + LEASE})


def _is_given_up(subscription: Subscription, now: datetime) -> bool:
    """A period that was tried in vain is written off when the next one has begun, and not asked for once more."""
    schedule = subscription.schedule
    return subscription.tries > 0 and schedule is not None and schedule.period_at(now) > subscription.next_period
