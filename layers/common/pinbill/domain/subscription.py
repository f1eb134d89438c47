"""The subscription: one item, one version, at most one open attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence, Schedule
from pinbill.domain.rails import deadline
from pinbill.domain.slots import Cohort, Slot, due_time
from pinbill.domain.states import ACCESS, LIVE, State


class Timer(StrEnum):
    """What a subscription waits for."""

    BILL = "bill"
    DUNNING = "dunning"  # end of grace, then of hold
    FOLLOW_UP = "follow_up"  # look at an open attempt
    ACTIVITY = "activity"  # tell Infomedia
    EXPIRY = "expiry"  # never confirmed
    END = "end"  # a cancel at period end takes effect
    RESUME = "resume"  # a pause ends by itself


# What can go on while an outcome is pending or unknown. A bill's outcome decides how the subscription goes on, a
# charge's does not; but neither lets another bill begin.
WHILE_A_BILL_IS_OPEN = frozenset({Timer.FOLLOW_UP, Timer.ACTIVITY})
EVERY_TIMER = frozenset(Timer)
# What time brings without a call of a provider: it waits for no quota.
QUIET_TIMERS = EVERY_TIMER - {Timer.BILL, Timer.FOLLOW_UP, Timer.ACTIVITY}
WHILE_A_CHARGE_IS_OPEN = EVERY_TIMER - {Timer.BILL}


class Delivery(StrEnum):
    SENT = "sent"
    UNKNOWN = "unknown"  # the provider gave no clear answer; the SMS may have gone out


class Activity(StrEnum):
    """What Infomedia knows of the subscription. `*_due` is owed until it is acknowledged."""

    NONE = "none"
    LOG_DUE = "log_due"
    LOGGED = "logged"
    CLOSE_DUE = "close_due"
    CLOSE_DUE_TWICE = "close_due_twice"  # a LogActivity may still be on its way: closed now, and again after it
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PinSession:
    """The PIN that was last asked for. The PIN itself is the provider's and is never here."""

    sent_at: datetime
    expires_at: datetime
    sends: int = 1
    tries: int = 0
    delivery: Delivery = Delivery.UNKNOWN


@dataclass(frozen=True, slots=True)
class Mandate:
    """A signed bank mandate: the provider's `reference` and the most that one debit may take."""

    reference: str
    maximum: Money


@dataclass(frozen=True, slots=True)
class Subscription:
    """One user's agreement to one plan. Times are aware UTC. `version` grows with every write, `seq` with an entry."""

    partner: str
    id: str
    plan_id: str
    service_id: str
    rail: RailName
    msisdn: Msisdn
    price: Money
    recurrence: Recurrence
    zone: str
    trial_days: int  # of the free period; like price, recurrence and zone, what the user has agreed to
    created_at: datetime
    state: State = State.PENDING
    version: int = 1
    seq: int = 0
    fingerprint: str = ""  # keyed hash that finds the number; the store makes it when the subscription is created
    network: tuple[str, str] | None = None  # MCC, MNC
    mandate: Mandate | None = None
    pin: PinSession | None = None
    schedule: Schedule | None = None  # set when the first period or the free period starts
    next_period: int = 1  # the first period that is not settled
    attempts: int = 0  # claims so far; makes the next reference
    tries: int = 0  # claims of the obligation `next_period` that reached the operator
    open_attempt: Attempt | None = None
    past_due_since: datetime | None = None
    lacks_funds: bool = False  # the last try of a bill that is past due was declined for want of funds
    paused_at: datetime | None = None  # while it is paused
    interrupted_since: datetime | None = None  # start of the period that a pause interrupted, until the next is paid
    activity: Activity = Activity.NONE
    activity_tries: int = 0
    cancel_at: datetime | None = None  # a cancel was acknowledged; nothing is claimed from then on
    ended_at: datetime | None = None
    end_reason: str | None = None
    timers: Mapping[Timer, datetime] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def holds_mandate(self) -> bool:
        return self.mandate is not None and (self.is_live or self.open_attempt is not None)

    @property
    def access(self) -> bool:
        """Whether the partner should serve the user: paid, free or in grace."""
        return self.state in ACCESS

    @property
    def renews(self) -> bool:
        """Whether its next period will be billed, as things stand."""
        return self.is_live and self.state is not State.PAUSED and self.cancel_at is None

    @property
    def period_started_at(self) -> datetime | None:
        """When the last settled period began; None before the first."""
        settled = self.next_period - 1
        if self.schedule is None or settled < 1:
            return None
        return self.schedule.start(settled) if settled >= self.schedule.first else self.interrupted_since

    @property
    def cohort(self) -> Cohort:
        return Cohort(self.rail, self.partner, self.plan_id, self.zone, self.recurrence)

    @property
    def slot(self) -> Slot | None:
        """Its place in the index of renewals; None while it does not renew."""
        return Slot.of(self.schedule) if self.schedule is not None and self.renews else None

    @property
    def due(self) -> tuple[datetime, Timer] | None:
        """The earliest timer that can be acted upon, or None when nothing is waited for."""
        return self._earliest(self._allowed())

    @property
    def due_row(self) -> tuple[datetime, Timer] | None:
        """Its row in the due index: the earliest timer that nothing else brings up.

        A bill that waits for the start of a period has none: its slot brings it up, and stays as it is for ever. One
        whose attempt is under way is to be followed, also while billing is stopped, should its process have died.
        """
        allowed = self._allowed()
        if self.bills_at_its_slot:
            allowed -= {Timer.BILL}
        row = self._earliest(allowed)
        return (row[0], Timer.FOLLOW_UP) if row and row[1] is Timer.BILL and self.open_attempt else row

    def _allowed(self) -> frozenset[Timer]:
        """What waits behind an open outcome would else stay at the front of the due index for as long as a person needs
        to decide."""
        attempt = self.open_attempt
        if attempt is None or attempt.state is AttemptState.IN_FLIGHT:
            return EVERY_TIMER
        return WHILE_A_CHARGE_IS_OPEN if attempt.kind is AttemptKind.CHARGE else WHILE_A_BILL_IS_OPEN

    def _earliest(self, allowed: frozenset[Timer]) -> tuple[datetime, Timer] | None:
        return min(((at, timer) for timer, at in self.timers.items() if timer in allowed), default=None)

    @property
    def next_bill_at(self) -> datetime | None:
        """When its next bill is due, or was."""
        bill = self.timers.get(Timer.BILL)
        return due_time(bill) if bill else None

    @property
    def bills_at_its_slot(self) -> bool:
        """Whether its next bill has no row in the due index, since its slot brings it up."""
        bill = self.timers.get(Timer.BILL)
        if bill is None or self.schedule is None or self.slot is None:
            return False
        return bill == self.schedule.start(self.next_period) or bill == self.schedule.start(self.next_period + 1)

    @property
    def decide_by(self) -> datetime | None:
        """Its place on the operator's list of open outcomes; None when it is not on it."""
        return deadline(self.rail, self.open_attempt) if self.open_attempt else None

    def is_due(self, timer: Timer, now: datetime) -> bool:
        return timer in self.timers and self.timers[timer] <= now
