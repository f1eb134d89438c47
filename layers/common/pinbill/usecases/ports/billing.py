"""What a billing run hands out, in which call times, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pinbill.domain.catalog import RailName
    from pinbill.domain.pacing import Allotment
    from pinbill.domain.progress import Place, Progress
    from pinbill.domain.stops import Scope, Stop


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
