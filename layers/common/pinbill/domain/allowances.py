"""How many requests a partner may make: a minute and a day, reads and writes apart."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

# All requests of a partner and use are counted in one row, and DynamoDB writes a row 1,000 times a second at most.
MOST_A_MINUTE = 30_000
MOST_A_DAY = MOST_A_MINUTE * 24 * 60


class Use(StrEnum):
    """What a request is counted as."""

    READS = "reads"
    WRITES = "writes"
    CANCELS = "cancels"


class Span(StrEnum):
    """For how long a limit holds; each begins by the clock on the wall, in UTC."""

    MINUTE = "minute"
    DAY = "day"

    def begin(self, at: datetime) -> datetime:
        minute = at.replace(second=0, microsecond=0)
        return minute if self is Span.MINUTE else minute.replace(hour=0, minute=0)

    def seconds_left(self, at: datetime) -> int:
        """Until the next one begins: whole seconds, 1 at least."""
        length = timedelta(minutes=1) if self is Span.MINUTE else timedelta(days=1)
        return max(1, ceil((self.begin(at) + length - at).total_seconds()))


@dataclass(frozen=True, slots=True)
class Limit:
    """Requests of one use; None is no limit."""

    a_minute: int
    a_day: int | None

    def of(self, span: Span) -> int | None:
        return self.a_minute if span is Span.MINUTE else self.a_day


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a partner may do. A user who wants to cancel must not wait for tomorrow because their partner has sold much
    today: cancels have the minute's rate of writes for themselves, and no limit of the day."""

    reads_a_minute: int
    reads_a_day: int
    writes_a_minute: int
    writes_a_day: int

    def limit(self, use: Use) -> Limit:
        match use:
            case Use.READS:
                return Limit(self.reads_a_minute, self.reads_a_day)
            case Use.WRITES:
                return Limit(self.writes_a_minute, self.writes_a_day)
            case Use.CANCELS:
                return Limit(self.writes_a_minute, None)

    def with_own(self, own: Mapping[str, int]) -> "Allowance":
        """With the figures, by their names, that a partner has of its own."""
        return replace(self, **own)


FIGURES = tuple(each.name for each in fields(Allowance))


def most(figure: str) -> int:
    """The highest value of a figure."""
    return MOST_A_MINUTE if figure.endswith("_a_minute") else MOST_A_DAY
