"""The subscription: one item, one version, at most one open attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.catalog import RailName
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.notices import Notice
from pinbill.domain.periods import Recurrence, Schedule
from pinbill.domain.rails import deadline
from pinbill.domain.sealed import Sealed, mask
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
    NOTICE = "notice"  # announce the next bill, whose user must be given a notice


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


SHOWN_OF_MANDATE = 4  # last characters of a reference


@dataclass(frozen=True, slots=True)
class Mandate:
    """A signed bank mandate: the provider's `reference` and the most that one debit may take."""

    reference: str | Sealed = field(repr=False)
    maximum: Money
    fingerprint: str = ""  # keyed hash that finds the mandate; the store makes it when the subscription is created

    @property
    def masked(self) -> str:
        """The end of its reference, for people who compare."""
        if isinstance(self.reference, Sealed):
            return self.reference.masked
        return mask(self.reference[-2 * SHOWN_OF_MANDATE :], 0, SHOWN_OF_MANDATE)


@dataclass(frozen=True, slots=True)
class Spent:
    """Minor units of all payments since this moment that may have been taken, in a calendar month with a cap."""

    minor: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """One user's agreement to one plan. Times are aware UTC. `version` grows with every write, `seq` with an entry."""

    partner: str
    id: str
    plan_id: str
    service_id: str
    rail: RailName
    msisdn: Msisdn | Sealed  # sealed as soon as it is stored
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
    spent: Spent | None = None  # while its plan has a cap for a month
    notice_lead: timedelta | None = None  # how long before its period a bill is announced; None where it need not be
    notice: Notice | None = None  # of the debit that was last announced

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
    def upcoming(self) -> int:
        """The period that its bill timer stands for: the next, or the one after it when that is given up by then."""
        bill, following = self.next_bill_timer, self.next_period + 1
        gives_up = bill is not None and self.schedule is not None and bill >= self.schedule.start(following)
        return following if gives_up else self.next_period

    @property
    def announces_at(self) -> datetime | None:
        """When its next bill is to be announced; None when it need not be, or is."""
        if self.notice_lead is None or self.schedule is None or Timer.BILL not in self.timers:
            return None
        starts = self.schedule.start(self.upcoming)
        known = self.notice is not None and self.notice.is_of(self.upcoming, starts, self.price)
        return None if known else starts - self.notice_lead

    @property
    def announced(self) -> Notice | None:
        """The notice of the debit that comes next, if that was announced as it now is."""
        notice = self.notice
        if notice is None or self.schedule is None or not self.renews or notice.period < self.next_period:
            return None
        return notice if notice.is_of(notice.period, self.schedule.start(notice.period), self.price) else None

    @property
    def awaits_notice(self) -> bool:
        """Whether its next bill was announced, and nobody has said yet that the user was given the notice."""
        notice = self.announced
        return notice is not None and notice.period == self.next_period and notice.is_awaited

    @property
    def waits_for_notice(self) -> bool:
        """Whether its bill has become due and is put off until the notice is given."""
        bill = self.next_bill_timer
        late = self.notice is not None and bill is not None and bill > self.notice.bills_at
        return late and self.awaits_notice

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
        if row is None or row[1] is not Timer.BILL:
            return row
        if self.open_attempt:
            return row[0], Timer.FOLLOW_UP
        # What is put off needs no call when it is given up.
        return (row[0], Timer.NOTICE) if self.notice is not None and self.waits_for_notice else row

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
    def next_bill_timer(self) -> datetime | None:
        bill = self.timers.get(Timer.BILL)
        return due_time(bill) if bill else None

    @property
    def next_bill_at(self) -> datetime | None:
        """When its next bill is due, or was; of one that is put off, when it was announced for."""
        return self.notice.bills_at if self.notice and self.waits_for_notice else self.next_bill_timer

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
