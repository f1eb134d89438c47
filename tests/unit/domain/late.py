"""Attempts that were closed without a debit, and the proof that comes late."""

from dataclasses import replace

from pinbill.domain.attempts import Attempt, BillResult, FailureClass, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import EntryKind
from pinbill.domain.settlement import settle_late
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import DAY, NOT_CHARGED, NOT_SENT, NOW, PAID, PHONE, claimed, declined, kind_for, settled

WITHOUT_DEBIT = [NOT_SENT, NOT_CHARGED, declined(), declined(FailureClass.REFUSED)]
REPORTED = replace(PAID, source=Source.CALLBACK, provider_reference="txid-1")
LATE = NOW + 2 * DAY


def closing(change: Change) -> tuple[Subscription, Attempt]:
    """The subscription after an attempt was closed, and the attempt as its row has it."""
    row = next(entry for entry in reversed(change.entries) if entry.attempt)
    assert row.attempt is not None
    return change.after, row.attempt


def closed(state: State, result: BillResult = NOT_CHARGED, rail: RailName = PHONE) -> tuple[Subscription, Attempt]:
    return closing(settled(claimed(state, rail), result))


def billed_again(subscription: Subscription) -> Subscription:
    """The same obligation, claimed once more when its bill is due again."""
    at = max(NOW, subscription.timers.get(Timer.BILL, NOW))
    kind = kind_for(subscription.state)
    return claim_period(subscription, kind, "owner-2", at).after


def late(
    subscription: Subscription, attempt: Attempt, charge: Charge | None = None, result: BillResult = REPORTED
) -> Change:
    change = settle_late(subscription, attempt, REPORTED, LATE, charge)
    check_change(change)
    return change


def kinds(change: Change) -> list[EntryKind]:
    return [entry.kind for entry in change.entries]


def unmoved(change: Change) -> bool:
    """Whether nothing but the books was changed."""
    before, after = change.before, change.after
    return replace(after, version=before.version, seq=before.seq) == before
