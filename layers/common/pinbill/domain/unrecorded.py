"""Payments that stand in a provider's books and not in ours: booked at once, so that they are never asked for again.

A write that was lost, with the table or with the process that made it, is known to the provider alone. What its report
proves is put into the books as claim and settlement at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

from pinbill.domain import spending
from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult, Decision, Obligation, Source
from pinbill.domain.catalog import Plan
from pinbill.domain.change import Change
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.periods import Schedule
from pinbill.domain.records import changed
from pinbill.domain.settlement import ENTRY, settle
from pinbill.domain.subscription import Subscription

CLOCKS_APART = timedelta(minutes=5)  # ours and the providers'
RECONCILED = "reconciled"  # the code of what a report has settled
RULE = "reconciled"  # of periods before one that is found paid: which of them was meant, nobody can tell
LOST_KEY = "lost:"  # in place of an on-demand charge's key, before the provider's id of the payment


class Says(StrEnum):
    """What a report says of a payment."""

    PAID = "paid"
    PENDING = "pending"
    DECLINED = "declined"


RESULTS: Mapping[Says, AttemptState] = {
    Says.PAID: AttemptState.PAID,
    Says.PENDING: AttemptState.PENDING,
    Says.DECLINED: AttemptState.NOT_CHARGED,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A line of a provider's report. `reference` is ours, where the provider keeps it; else `mandate` tells whose."""

    at: datetime  # when it was asked for
    amount: Money
    payment: str  # the provider's id
    says: Says
    reference: str | None = None
    mandate: str | None = None

    @property
    def number(self) -> int | None:
        """Which claim of its subscription it was."""
        return int(self.reference.rpartition("-")[2]) if self.reference else None

    def result(self, decision: Decision) -> BillResult:
        return BillResult(
            RESULTS[self.says],
            RECONCILED,
            meaning="By the provider's report.",
            provider_reference=self.payment,
            source=Source.PERSON,
            decision=decision,
        )


@dataclass(frozen=True, slots=True)
class Booked:
    """What becomes of a payment that was not in the books: a change, and whether it was owed."""

    change: Change
    is_excess: bool = False


def periods_of(subscription: Subscription, unrecorded: Sequence[Reported]) -> Mapping[str, int]:
    """The periods that payments have paid, of those that the books have still to bill; by the provider's ids.

    Each has paid the period in which it was asked for, and where more were asked for in one, those before it.
    """
    asked = [each for each in unrecorded if each.says is not Says.DECLINED and each.amount == subscription.price]
    if not asked:
        return {}
    first = min(asked, key=_order)
    schedule = subscription.schedule or Schedule.starting(first.at, subscription.zone, subscription.recurrence)
    found: dict[str, int] = {}
    below = schedule.period_at(max(asked, key=_order).at + CLOCKS_APART) + 1
    for payment in sorted(asked, key=_order, reverse=True):
        period = min(schedule.period_at(payment.at + CLOCKS_APART), below - 1)
        if period < subscription.next_period or not _is_before_the_end(subscription, payment):
            break
        found[payment.payment] = below = period
    return found


def book(
    subscription: Subscription,
    attempts: Mapping[str, Attempt],
    payment: Reported,
    period: int | None,
    plan: Plan,
    decision: Decision,
    now: datetime,
) -> Iterator[Booked]:
    """The changes, one upon the other, that put a payment into the books; `period` is what `periods_of` says.

    `attempts` are those of the whole ledger, by their ids. No attempt may be open.
    """
    assert subscription.open_attempt is None  # its outcome comes first
    if period is not None:
        if subscription.schedule is not None and period > subscription.next_period:
            given_up = _give_up(subscription, period, now)
            yield Booked(given_up)
            subscription = given_up.after
        claimed = _claimed(subscription, attempts, payment, Obligation(period=period), plan)
        yield Booked(_settled(subscription, claimed, payment, plan, decision, now))
        return
    if payment.amount == subscription.price:
        yield _of_a_settled_period(subscription, attempts, payment, plan, decision, now)
        return
    claimed = _claimed(subscription, attempts, payment, Obligation(charge=f"{LOST_KEY}{payment.payment}"), plan)
    was_claimed = claimed.attempts == subscription.attempts or subscription.is_live
    is_excess = payment.says is Says.PAID and not was_claimed
    yield _noted(subscription, claimed, payment, decision, now, is_excess=is_excess)


def _order(payment: Reported) -> tuple[datetime, int]:
    return payment.at, payment.number or 0


def _is_before_the_end(subscription: Subscription, payment: Reported) -> bool:
    return subscription.ended_at is None or payment.at < subscription.ended_at


def _of_a_settled_period(
    subscription: Subscription,
    attempts: Mapping[str, Attempt],
    payment: Reported,
    plan: Plan,
    decision: Decision,
    now: datetime,
) -> Booked:
    """The books have settled what it was for. Its own entry was lost, or it was one payment too many."""
    schedule = subscription.schedule
    period = schedule.period_at(payment.at + CLOCKS_APART) if schedule else subscription.next_period
    claimed = _claimed(subscription, attempts, payment, Obligation(period=period), plan)
    is_known = claimed.attempts == subscription.attempts
    is_paid = any(a.obligation.period == period and a.state is AttemptState.PAID for a in attempts.values())
    entry_is_lost = is_known and not is_paid and period < subscription.next_period
    is_excess = payment.says is Says.PAID and not entry_is_lost
    return _noted(subscription, claimed, payment, decision, now, is_excess=is_excess)


def _claimed(
    subscription: Subscription,
    attempts: Mapping[str, Attempt],
    payment: Reported,
    obligation: Obligation,
    plan: Plan,
) -> Subscription:
    """As it was when the payment was asked for; a payment without our reference takes the first that is free."""
    number = payment.number or next(n for n in count(1) if f"{subscription.id}-{n}" not in attempts)
    attempt = Attempt(
        id=f"{subscription.id}-{number}",
        kind=_kind(subscription, obligation),
        obligation=obligation,
        number=subscription.tries + 1 if obligation.period == subscription.next_period else 1,
        owner=RECONCILED,
        amount=payment.amount,
        claimed_at=payment.at,
    )
    change = Change.of(subscription).set(open_attempt=attempt, attempts=max(subscription.attempts, number))
    return changed(spending.count(change, plan.caps, payment.amount, payment.at).after, version=subscription.version)


def _kind(subscription: Subscription, obligation: Obligation) -> AttemptKind:
    if obligation.period is None:
        return AttemptKind.CHARGE
    is_first = obligation.period == 1 and not subscription.trial_days
    return AttemptKind.FIRST_BILL if is_first else AttemptKind.RENEWAL


def _settled(
    subscription: Subscription, claimed: Subscription, payment: Reported, plan: Plan, decision: Decision, now: datetime
) -> Change:
    attempt = claimed.open_attempt
    assert attempt is not None  # of a claim
    settled = settle(claimed, attempt.id, payment.result(decision), now, plan.dunning)
    assert settled is not None  # a result of an attempt in flight is always news
    return changed(settled, before=subscription)


def _noted(
    subscription: Subscription,
    claimed: Subscription,
    payment: Reported,
    decision: Decision,
    now: datetime,
    *,
    is_excess: bool,
) -> Booked:
    """Into the ledger alone: how the subscription goes on was decided without it."""
    attempt = claimed.open_attempt
    assert attempt is not None  # of a claim
    settled = attempt.with_result(payment.result(decision), now)
    change = Change.of(subscription).set(attempts=claimed.attempts, spent=claimed.spent)
    kind = EntryKind.EXCESS_DEBIT if is_excess else ENTRY[settled.state]
    return Booked(change.record(kind, now, settled), is_excess)


def _give_up(subscription: Subscription, period: int, now: datetime) -> Change:
    """What lies before a period that is paid is not asked for: one of the payments may have been for it."""
    detail: dict[str, str | int] = {"first": subscription.next_period, "last": period - 1, "rule": RULE}
    change = Change.of(subscription).set(next_period=period, tries=0)
    return change.record(EntryKind.PERIODS_WRITTEN_OFF, now, detail=detail)
