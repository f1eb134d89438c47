"""What is counted once for all processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from pinbill.domain.allowances import Limit, Span, Use
    from pinbill.domain.msisdn import Msisdn
    from pinbill.domain.number_use import NumberUse
    from pinbill.domain.pin_guards import Step, Tally


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
