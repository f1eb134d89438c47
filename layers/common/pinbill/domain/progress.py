"""Progress: what has become of the bills of one plan on one day (UTC), counted as they are handed out and asked for.

The books are the journal; this is what operators look at while a day goes on, and what may halt it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from pinbill.domain.attempts import Attempt, AttemptState, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.records import changed

NONE: Mapping["Outcome", int] = MappingProxyType({})


class Outcome(StrEnum):
    """What the provider's answer to one try says of the run: DECLINED is the subscriber's doing, FAILED is not."""

    PAID = "paid"
    PENDING = "pending"
    DECLINED = "declined"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"

    @classmethod
    def of(cls, attempt: Attempt) -> "Outcome":
        match attempt.state:
            case AttemptState.PAID:
                return cls.PAID
            case AttemptState.PENDING:
                return cls.PENDING
            case AttemptState.DECLINED:
                return cls.DECLINED if attempt.failure in SUBSCRIBERS else cls.FAILED
            case AttemptState.NOT_SENT | AttemptState.NOT_CHARGED:
                return cls.NOT_SENT
            case AttemptState.UNKNOWN | AttemptState.IN_FLIGHT:  # in flight: the answer could not be written down
                return cls.UNKNOWN


SUBSCRIBERS = frozenset({FailureClass.SOFT, FailureClass.LIMIT, FailureClass.HARD})


@dataclass(frozen=True, slots=True)
class Tried:
    """Tries of bills by their outcome, and the minor units that were asked for and paid."""

    outcomes: Mapping[Outcome, int] = field(default_factory=lambda: NONE)
    asked: int = 0
    paid: int = 0

    @classmethod
    def once(cls, attempt: Attempt) -> "Tried":
        outcome = Outcome.of(attempt)
        minor = attempt.amount.minor
        return cls({outcome: 1}, minor, minor if outcome is Outcome.PAID else 0)

    @property
    def count(self) -> int:
        return sum(self.outcomes.values())

    def share(self, *outcomes: Outcome) -> float:
        """Of all; 0.0 of none."""
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes) / self.count if self.count else 0.0

    def __add__(self, other: "Tried") -> "Tried":
        both = {*self.outcomes, *other.outcomes}
        outcomes = {outcome: self.outcomes.get(outcome, 0) + other.outcomes.get(outcome, 0) for outcome in both}
        return Tried(outcomes, self.asked + other.asked, self.paid + other.paid)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Of which bills: a day (UTC) of one plan."""

    rail: RailName
    day: date
    partner: str
    plan: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`expected`: renewals whose period begins on this day, counted when the first was handed out; `handed`: renewals
    handed out when they came up, from `since` to `last`; `first` and `again`: what came of first tries, of retries."""

    place: Place
    expected: int | None = None
    handed: int = 0
    since: datetime | None = None
    last: datetime | None = None
    first: Tried = field(default_factory=Tried)
    again: Tried = field(default_factory=Tried)
    accepted: bool = False  # an operator has let the day go on although it had been halted
    version: int = 0  # grows with every write; 0 is not written yet

    @property
    def tries(self) -> Tried:
        return self.first + self.again

    def with_tries(self, first: Tried, again: Tried) -> "Progress":
        return changed(self, first=self.first + first, again=self.again + again)

    def with_handed(self, count: int, now: datetime) -> "Progress":
        last = now if count else self.last
        return changed(self, handed=self.handed + count, since=self.since or now, last=last)
