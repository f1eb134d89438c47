"""What partners are told: each journal entry is one event, of a stable public type and an id that follows from it."""

import re
from collections.abc import Mapping

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.journal import Entry, EntryKind
from pinbill.errors import EventNotFound

# A type is public for ever: a kind may be renamed inside, what partners match on stays.
OF_SUBSCRIPTION: Mapping[EntryKind, str] = {
    EntryKind.SUBSCRIBED: "subscription.created",
    EntryKind.CONSENT_GIVEN: "subscription.consent_given",
    EntryKind.START_FAILED: "subscription.start_failed",
    EntryKind.TRIAL_STARTED: "subscription.trial_started",
    EntryKind.BILL_ANNOUNCED: "bill.announced",
    EntryKind.NOTICE_GIVEN: "bill.notice_given",
    EntryKind.BILL_OPTED_OUT: "bill.opted_out",
    EntryKind.RECEIPT_SENT: "receipt.sent",
    EntryKind.PERIODS_WRITTEN_OFF: "subscription.periods_written_off",
    EntryKind.SUSPENDED: "subscription.suspended",
    EntryKind.PAUSED: "subscription.paused",
    EntryKind.RESUMED: "subscription.resumed",
    EntryKind.CANCEL_SCHEDULED: "subscription.cancel_scheduled",
    EntryKind.CANCELLED: "subscription.cancelled",
    EntryKind.EXPIRED: "subscription.expired",
    EntryKind.ENDED: "subscription.ended",
}
# What came of a payment: of a bill, or of a charge on demand.
OF_PAYMENT: Mapping[EntryKind, str] = {
    EntryKind.ATTEMPT_PAID: "paid",
    EntryKind.ATTEMPT_DECLINED: "declined",
    EntryKind.ATTEMPT_PENDING: "pending",
    EntryKind.ATTEMPT_UNKNOWN: "unknown",
    EntryKind.ATTEMPT_NOT_SENT: "not_sent",
    EntryKind.ATTEMPT_NOT_CHARGED: "not_charged",
    EntryKind.ATTEMPT_NEEDS_DECISION: "needs_decision",
    EntryKind.EXCESS_DEBIT: "excess_debit",
    EntryKind.REFUNDED: "refunded",
}
BILL, CHARGE = "bill", "charge"
PING = "webhook.ping"  # of no subscription: an operator or a partner tries an endpoint

EVENT_TYPES = sorted(
    [*OF_SUBSCRIPTION.values(), *(f"{of}.{end}" for of in (BILL, CHARGE) for end in OF_PAYMENT.values())]
)

_EVENT_ID = re.compile(r"evt_([A-Za-z0-9]{1,26})_([1-9][0-9]{0,9})")


def event_type(entry: Entry) -> str:
    if entry.kind in OF_SUBSCRIPTION:
        return OF_SUBSCRIPTION[entry.kind]
    is_charge = entry.attempt is not None and entry.attempt.kind is AttemptKind.CHARGE
    return f"{CHARGE if is_charge else BILL}.{OF_PAYMENT[entry.kind]}"


def event_id(subscription_id: str, seq: int) -> str:
    """The same whenever and wherever the event is sent: who has seen it knows it again."""
    return f"evt_{subscription_id}_{seq}"


def parse_event_id(text: str) -> tuple[str, int]:
    """Subscription id and sequence number out of an event's id. Raises EventNotFound."""
    found = _EVENT_ID.fullmatch(text)
    if found is None:
        raise EventNotFound
    return found[1], int(found[2])
