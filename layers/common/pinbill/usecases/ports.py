"""What the use cases need from the world; adapters implement these, tests fake them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from pinbill.domain.allowances import Limit, Span, Use
from pinbill.domain.attempts import BillResult
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse
from pinbill.domain.pacing import Allotment
from pinbill.domain.partners import Partner, PartnerChange
from pinbill.domain.pin_guards import Step, Tally
from pinbill.domain.progress import Place, Progress
from pinbill.domain.repeats import Remembered
from pinbill.domain.slots import Cohort, Slot
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.calls import BillOrder, CallResult, Identity, PaymentQuery, PinCheck, PinOrder, Subscriber


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...


class Ids(Protocol):
    def subscription(self) -> str:
        """A new subscription id: letters and digits, at most 26, so that it fits into a provider's reference."""
        ...

    def owner(self) -> str:
        """A token that no other process has."""
        ...


class StaleVersion(Exception):
    """The stored subscription is not the one that was changed; `current` is."""

    def __init__(self, current: Subscription) -> None:
        super().__init__("stale version")
        self.current = current


class ChargeExists(Exception):
    """The charge is not as the change found it: a new one's key is in use, or another repeat has tried it again."""


class AlreadyRemembered(Exception):
    """What is remembered of the request is not as the change found it: another one with its key was first."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some rows of a listing; `cursor` continues it and is None at its end."""

    rows: Sequence[T]
    cursor: str | None = None


class Store(Protocol):
    """Subscriptions, their journal and charges. Reads are consistent. Raises StoreUnavailable, and writes then change
    all or nothing: a write that was applied although its answer was lost is reported as applied."""

    def subscription(self, partner: str, id: str) -> Subscription:
        """Raises SubscriptionNotFound, also for another partner's."""
        ...

    def identity(self, subscription: Subscription) -> Identity:
        """Its number and mandate in the clear.

        Raises SubscriberErased; IdentityUnreadable for what no key opens, and StoreUnavailable also while the keys
        cannot be had. So it is asked for before anything is claimed or counted."""
        ...

    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        """The identities of these subscriptions, by partner and id, are about to be asked for. Raises nothing."""
        ...

    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        """Store a new subscription and the request for it, and return it sealed, with the fingerprints that find it.

        Raises AlreadyRemembered before all else; SubscriptionExists (this number and plan) or MandateInUse, each naming
        the subscription that has it. A mandate is free again MANDATE_REST after its last payment is known."""
        ...

    def commit(self, change: Change) -> None:
        """Write the change as a whole.

        Raises StaleVersion when somebody else wrote first; else ChargeExists or AlreadyRemembered when the charge, or
        what is remembered of the request, is not as it was read.
        """
        ...

    def charge(self, partner: str, id: str, key: str) -> Charge | None: ...

    def remembered(self, partner: str, id: str | None, key: str) -> Remembered | None:
        """The request of this key about a subscription; without an id, the one for a new subscription."""
        ...

    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        """Entries newest first. Raises CursorInvalid."""
        ...

    def with_number(self, partner: str, msisdn: Msisdn) -> Sequence[str]:
        """Ids of the partner's live subscriptions of this number."""
        ...

    def with_mandate(self, partner: str, reference: str) -> str | None:
        """Id of the partner's subscription that this mandate pays for, or paid for last."""
        ...


class Catalog(Protocol):
    """Partners' services and plans; answers may be up to a minute old."""

    def plan(self, partner: str, id: str) -> Plan:
        """Raises PlanNotFound."""
        ...

    def service(self, partner: str, id: str) -> Service:
        """Raises ServiceNotFound."""
        ...

    def plans(self, partner: str) -> Sequence[Plan]: ...

    def service_by_callback(self, token_hash: str) -> Service | None: ...


class Partners(Protocol):
    """Who may use the API. Reads are consistent. Raises StoreUnavailable."""

    def partner(self, id: str) -> Partner:
        """Raises PartnerNotFound."""
        ...

    def all(self) -> Sequence[Partner]:
        """In the order of their ids."""
        ...

    def by_key(self, key_id: str) -> Partner | None:
        """Who has, or had, the key of this id."""
        ...

    def put(self, partner: Partner, change: PartnerChange, new_key: str | None = None) -> bool:
        """Write it as the version after its own, with who has changed it and, if there is one, the id of a new key.

        False when somebody else has written that version meanwhile, or a key has this id."""
        ...

    def changes(self, id: str) -> Sequence[PartnerChange]:
        """Oldest first."""
        ...


class CountersBusy(Exception):
    """So much is counted at this moment that the count was not taken."""


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """How many requests of a partner were counted on one day (UTC), and how many of them by each key."""

    day: date
    use: Use
    requests: int
    by_key: Mapping[str, int]


class Counters(Protocol):
    """Requests, counted once for all processes."""

    def count(self, partner: str, key_id: str, use: Use, limit: Limit, at: datetime) -> Span | None:
        """Count one request, unless a limit is reached: then return the span for which it is, the longer one first.

        Raises CountersBusy; StoreUnavailable when it is not known whether it was counted."""
        ...

    def used(self, partner: str, since: date) -> Sequence[DayOfUse]:
        """Days with any request, oldest first; some weeks are kept."""
        ...


class Tallies(Protocol):
    """What the guards of PINs count, once for all processes; each row is forgotten by itself.

    Raises StoreUnavailable, and then it is not known whether it was counted."""

    def number(self, msisdn: Msisdn) -> NumberUse:
        """A consistent reading; empty for a number that nobody has asked for."""
        ...

    def put_number(self, msisdn: Msisdn, use: NumberUse) -> bool:
        """Write it as the version after its own; False when somebody else has written that version meanwhile."""
        ...

    def is_full(self, tally: Tally, steps: Sequence[Step]) -> Step | None:
        """The first step that the row, as it is, would not go. A consistent reading, which counts nothing."""
        ...

    def add(self, tally: Tally, steps: Sequence[Step], *, in_vain: bool = False) -> Step | None:
        """Go all steps or none: then return the first that may not go.

        With `in_vain` none is gone, at the same price and in the same time."""
        ...

    def cell(self, address: str) -> int:
        """In which of CELLS an address is counted, by a keyed hash: nothing else is kept of it."""
        ...


@dataclass(frozen=True, slots=True)
class DueRow:
    """One row of the due index. `position` sorts as time does and continues a reading."""

    at: datetime
    partner: str
    subscription_id: str
    plan_id: str
    timer: Timer
    position: str


class OpenOutcomes(Protocol):
    """The operator's list: attempts whose outcome is not known, or was asked about in vain."""

    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str]]:
        """(partner, subscription id), the one that is to be decided first in front. May be a moment old."""
        ...


QUIET = -1  # the shard of what needs no call of a provider


class DueIndex(Protocol):
    """Who waits for a time that no slot brings up: a retry, a look, an end. Rows may be a moment old.

    What needs a provider lies in `shards` shards for each partner, what needs none in one of its own.
    """

    shards: int

    def rows(
        self, rail: RailName, partner: str, shard: int, after: str | None, until: datetime, limit: int
    ) -> Sequence[DueRow]:
        """What is due at `until` or before, oldest first, beyond position `after`."""
        ...

    def position(self, at: datetime) -> str:
        """The position before every row that is due at `at` or later."""
        ...


@dataclass(frozen=True, slots=True)
class SlotRow:
    slot: Slot
    subscription_id: str


class SlotIndex(Protocol):
    """Who renews at which slot. Rows may be a moment old."""

    def cohorts(self, rail: RailName) -> Mapping[Cohort, datetime]:
        """All that may have had a subscription, also one that is not confirmed yet, with the time since when."""
        ...

    def rows(self, cohort: Cohort, first: Slot, last: Slot, after: SlotRow | None, limit: int) -> Sequence[SlotRow]:
        """In the order of slots from `first` to `last`, both included, beyond `after`."""
        ...

    def unbilled(self, partner: str, renewals: Mapping[str, datetime]) -> Sequence[str]:
        """Ids of subscriptions whose bill was due when they came up at this time, and still is."""
        ...


class Reading(StrEnum):
    """Who reads the indexes; each has bookmarks of its own."""

    RUN = "run"  # hands out what has become due
    SWEEP = "sweep"  # hands out again what has stayed in the due index
    AUDIT = "audit"  # looks whether each slot that the run has handed out was billed


class Bookmarks(Protocol):
    """How far each reading has come in each of its streams."""

    def all(self, reading: Reading, rail: RailName) -> Mapping[str, str]:
        """Positions by the names of streams."""
        ...

    def save(self, reading: Reading, rail: RailName, stream: str, position: str | None) -> None:
        """None starts the stream over."""
        ...


class Stops(Protocol):
    """What an operator has stopped. A process may hear of it some seconds late."""

    def standing(self) -> Sequence[Stop]: ...

    def put(self, stop: Stop) -> None:
        """Stop this, or say anew why it is stopped."""
        ...

    def lift(self, scope: Scope) -> None:
        """Let this go on; other stops may still cover it."""
        ...


class Runs(Protocol):
    """The progress of each billing day. Raises StoreUnavailable."""

    def of_day(self, rail: RailName, day: date) -> Sequence[Progress]: ...

    def progress(self, place: Place) -> Progress:
        """As it stands; with version 0 when nothing was written of it."""
        ...

    def put(self, progress: Progress) -> bool:
        """Write it as the version after its own; False when somebody else has written that meanwhile."""
        ...


class Bookings(Protocol):
    """Which call times of each rail are given away: all before one moment."""

    def free_from(self, rail: RailName) -> datetime | None:
        """None when none ever was."""
        ...

    def book(self, rail: RailName, free: datetime | None, then: datetime) -> bool:
        """Give away all times before `then`; False when somebody else has moved `free` meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where what is due is found, and how far it was read."""

    due: DueIndex
    slots: SlotIndex
    bookmarks: Bookmarks


@dataclass(frozen=True, slots=True)
class Work:
    """A group of due subscriptions of one rail, as (partner, id) pairs, with a call time for each.

    Without times they are still to be booked, unless the group is quiet: what it waits for needs no call.
    """

    rail: RailName
    subscriptions: Sequence[tuple[str, str]]
    times: Allotment | None = None
    is_quiet: bool = False


class Queue(Protocol):
    def send(self, groups: Sequence[tuple[Work, int]]) -> None:
        """Send groups, each visible after its delay in seconds (0 to 900). Raises StoreUnavailable."""
        ...


class Turn(Protocol):
    """When a provider may be called: its quota is kept by who gives the turns."""

    def is_open(self) -> bool:
        """Whether a call may still be made."""
        ...

    def wait(self) -> bool:
        """Wait for the moment of the next call; False when none may be made any more."""
        ...


class Rail(Protocol):
    """A way to take money. Calls never raise for what a provider or the network does: the result says it."""

    def bill(self, order: BillOrder) -> BillResult: ...


class PhoneRail(Rail, Protocol):
    def send_pin(self, order: PinOrder) -> CallResult: ...

    def check_pin(self, check: PinCheck) -> CallResult: ...

    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult: ...

    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult: ...


class MandateRail(Rail, Protocol):
    def find_payment(self, query: PaymentQuery) -> BillResult:
        """What became of a payment. UNKNOWN when nothing certain can be learnt now; its code says what was seen."""
        ...


@dataclass(frozen=True, slots=True)
class Rails:
    infomedia: PhoneRail
    signzy: MandateRail

    def of(self, name: RailName) -> Rail:
        return self.infomedia if name is RailName.INFOMEDIA else self.signzy


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
