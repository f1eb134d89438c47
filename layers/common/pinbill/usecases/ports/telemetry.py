"""What operators watch."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinbill.usecases.measures import Measure


class Observation(StrEnum):
    """What operators watch; each is a log line and a metric of this name."""

    ATTEMPT_SETTLED = "AttemptSettled"
    ATTEMPT_UNKNOWN = "AttemptUnknown"
    ATTEMPT_NEEDS_DECISION = "AttemptNeedsDecision"
    DECISION_OVERDUE = "AttemptDecisionOverdue"
    EXCESS_DEBIT = "ExcessDebit"
    OUTCOME_NOT_WRITTEN = "AttemptOutcomeNotWritten"
    OUTCOME_CONTRADICTED = "AttemptOutcomeContradicted"
    CODE_UNLISTED = "ProviderCodeUnlisted"
    PROVIDER_REFUSED = "ProviderRefused"
    ACTIVITY_NOT_ACKNOWLEDGED = "ActivityNotAcknowledged"
    PERIODS_WRITTEN_OFF = "PeriodsWrittenOff"
    CALL_TIMES_MISSED = "CallTimesMissed"
    MESSAGE_NOT_OURS = "MessageNotOurs"
    RUN_FINISHED = "RunFinished"
    BILLING_HALTED = "BillingHalted"
    PROGRESS_NOT_WRITTEN = "ProgressNotWritten"
    BILL_RECALLED = "BillRecalled"
    BILL_NOT_AUDITED = "BillNotAudited"
    CALLBACK_RECEIVED = "CallbackReceived"
    CALLBACK_UNMATCHED = "CallbackUnmatched"
    CALLBACK_MALFORMED = "CallbackMalformed"
    CALLBACK_FORGED = "CallbackForged"
    CALLBACK_REPORTS_NO_DEBIT = "CallbackReportsNoDebit"
    WEBHOOKS_DELIVERED = "WebhooksDelivered"
    WEBHOOKS_NOT_DELIVERED = "WebhooksNotDelivered"
    WEBHOOKS_PARKED = "WebhooksParked"
    WEBHOOK_HELD = "WebhookEndpointHeld"
    WEBHOOK_SWITCHED_OFF = "WebhookEndpointSwitchedOff"
    WEBHOOK_UNREADABLE = "WebhookEventUnreadable"
    WEBHOOK_GIVEN_UP = "WebhookBacklogGivenUp"
    ALLOWANCE_SPENT = "AllowanceSpent"
    ALLOWANCE_NOT_COUNTED = "AllowanceNotCounted"
    SMS_REFUSED = "SmsRefused"
    PIN_LOCKED = "PinLocked"
    PIN_GUARD_BEHIND = "PinGuardBehind"


class Telemetry(Protocol):
    def observe(
        self, what: Observation, value: int = 1, dimensions: Mapping[str, str] | None = None, **fields: str | int
    ) -> None:
        """Count `what`; `fields` go to the log line. Never a number, PIN or key."""
        ...

    def measure(self, what: Measure, value: float, dimensions: Mapping[str, str]) -> None:
        """Measure `what`, without a log line. Dimensions take few values: each combination is a metric of its own."""
        ...
