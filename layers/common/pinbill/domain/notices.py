"""The notice that a user gets before a debit: what a plan requires of it, and what is known of the one for a period."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.money import Money

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """`least` must lie between the notice and the debit. The bill is announced `lead` before its period begins; for a
    notice that is late it waits `give_up` at most."""

    least: timedelta = 24 * HOUR
    lead: timedelta = 48 * HOUR
    give_up: timedelta = 72 * HOUR


@dataclass(frozen=True, slots=True)
class Notice:
    """Of one period: announced to the partner, then given to the user by whoever owes that, or opted out of.

    `starts` is when the period was to begin, and `bills_at` the earliest time of the debit, when it was announced.
    """

    period: int
    amount: Money
    starts: datetime
    bills_at: datetime
    announced_at: datetime
    given_at: datetime | None = None
    opted_out_at: datetime | None = None

    @property
    def is_awaited(self) -> bool:
        return self.given_at is None and self.opted_out_at is None

    def is_of(self, period: int, starts: datetime, amount: Money) -> bool:
        """Whether it announced just this debit: another amount, or another date, is another debit."""
        return (self.period, self.starts, self.amount) == (period, starts, amount)

    def ready_at(self, least: timedelta) -> datetime | None:
        """From when on the debit may be made; None while nobody has given the notice."""
        return max(self.bills_at, self.given_at + least) if self.given_at is not None else None


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """As the user was told: of which period, how much, from when on; and when that was."""

    period: int
    amount: Money
    bills_at: datetime
    given_at: datetime


def whole_seconds(at: datetime) -> datetime:
    """The same, or the next full second: periods and callers know of whole seconds only."""
    return at.replace(microsecond=0) + SECOND if at.microsecond else at
