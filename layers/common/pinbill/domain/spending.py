"""Spending: what a subscription's payments have taken in a calendar month of its zone, held against the plan's caps.

It is counted on the subscription's own item, in the write that claims: parallel charges cannot pass a cap together. An
unknown outcome counts as spent; what was proved not to be taken, and what was given back, does not.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pinbill.domain.attempts import Attempt
from pinbill.domain.caps import Caps, Per
from pinbill.domain.change import Change
from pinbill.domain.money import Money
from pinbill.domain.subscription import Spent, Subscription
from pinbill.domain.timeline import month_of
from pinbill.errors import CapReached


def reached(subscription: Subscription, caps: Caps, amount: Money, now: datetime) -> Per | None:
    """The cap that this payment would pass; also one in another currency, against which nothing can be counted."""
    if _passes(caps.per_charge, amount.minor, amount.currency):
        return Per.CHARGE
    if caps.per_month and _passes(caps.per_month, spent(subscription, now) + amount.minor, amount.currency):
        return Per.MONTH
    return None


def check(subscription: Subscription, caps: Caps, amount: Money, now: datetime) -> None:
    """Raises CapReached, which says until when."""
    per = reached(subscription, caps, amount, now)
    cap = caps.of(per) if per else None
    if per is None or cap is None:
        return
    ends = month_ends(subscription.zone, now) if per is Per.MONTH else None
    raise CapReached(per.value, cap.minor, cap.currency, ends)


def spent(subscription: Subscription, now: datetime) -> int:
    """Minor units claimed in this month and not proved untaken; of a later month, when a clock has leapt back."""
    counted = subscription.spent
    if counted is None or _month(counted.since, subscription.zone) < _month(now, subscription.zone):
        return 0
    return counted.minor


def count(change: Change, caps: Caps, amount: Money, now: datetime) -> Change:
    """A payment is claimed. Nothing is counted where nothing bounds a month."""
    if caps.per_month is None:
        return change if change.after.spent is None else change.set(spent=None)
    before, after = spent(change.after, now), change.after.spent
    since = after.since if after is not None and before else now
    return change.set(spent=Spent(before + amount.minor, since))


def give_back(change: Change, attempt: Attempt, minor: int) -> Change:
    """So much of an attempt was proved not to be taken, or was given back."""
    counted = change.after.spent
    if counted is None or not _was_counted(counted, attempt, change.after.zone):
        return change
    return change.set(spent=replace(counted, minor=max(0, counted.minor - minor)))


def take_after_all(change: Change, attempt: Attempt) -> Change:
    """An attempt that was taken for unpaid turned out to be paid."""
    counted = change.after.spent
    if counted is None or not _was_counted(counted, attempt, change.after.zone):
        return change
    return change.set(spent=replace(counted, minor=counted.minor + attempt.amount.minor))


def month_ends(zone: str, now: datetime) -> datetime:
    """When the month of the plan's zone ends, in UTC."""
    return month_of(*_month(now, zone), zone)[1]


def _passes(cap: Money | None, minor: int, currency: str) -> bool:
    return cap is not None and (cap.currency != currency or minor > cap.minor)


def _was_counted(counted: Spent, attempt: Attempt, zone: str) -> bool:
    """Claimed in the month that is counted, and not before it was."""
    return attempt.claimed_at >= counted.since and _month(attempt.claimed_at, zone) == _month(counted.since, zone)


def _month(at: datetime, zone: str) -> tuple[int, int]:
    local = at.astimezone(ZoneInfo(zone))
    return local.year, local.month
