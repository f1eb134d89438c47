"""The journal: one entry per sequence number, without gaps. Its money entries are the ledger, all are the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pinbill.domain.attempts import Attempt
from pinbill.domain.states import State


class EntryKind(StrEnum):
    SUBSCRIBED = "subscribed"
    CONSENT_GIVEN = "consent_given"  # the second stage, as the partner reports it
    START_FAILED = "start_failed"
    TRIAL_STARTED = "trial_started"
    ATTEMPT_PAID = "attempt_paid"
    ATTEMPT_DECLINED = "attempt_declined"
    ATTEMPT_PENDING = "attempt_pending"
    ATTEMPT_UNKNOWN = "attempt_unknown"
    ATTEMPT_NOT_SENT = "attempt_not_sent"
    ATTEMPT_NOT_CHARGED = "attempt_not_charged"
    ATTEMPT_NEEDS_DECISION = "attempt_needs_decision"
    EXCESS_DEBIT = "excess_debit"  # taken for what was settled or given up already: to be given back
    REFUNDED = "refunded"
    RECEIPT_SENT = "receipt_sent"  # of a payment, to the user, as the partner reports it
    BILL_ANNOUNCED = "bill_announced"  # to the partner, ahead of a debit that needs a notice
    NOTICE_GIVEN = "notice_given"  # to the user, as the partner reports it
    BILL_OPTED_OUT = "bill_opted_out"  # the user does not want this one debit
    PERIODS_WRITTEN_OFF = "periods_written_off"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCEL_SCHEDULED = "cancel_scheduled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to a subscription, and the state after it. An entry with an attempt is a row of the ledger."""

    seq: int
    at: datetime
    kind: EntryKind
    state: State
    attempt: Attempt | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def given_up(self) -> range:
        """The periods that it gives up; none, if it is of another kind."""
        if self.kind is not EntryKind.PERIODS_WRITTEN_OFF:
            return range(0)
        return range(int(self.detail["first"]), int(self.detail["last"]) + 1)
