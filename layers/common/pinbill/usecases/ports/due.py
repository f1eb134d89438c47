"""Who is due, and how far that was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pinbill.domain.catalog import RailName
    from pinbill.domain.slots import Cohort, Slot
    from pinbill.domain.subscription import Timer
    from pinbill.usecases.ports.store import Page


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

    def rows(self, rail: RailName, limit: int, cursor: str | None) -> Page[tuple[str, str, datetime]]:
        """(partner, subscription id, by when it is to be decided), the earliest in front. May be a moment old."""
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


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where what is due is found, and how far it was read."""

    due: DueIndex
    slots: SlotIndex
    bookmarks: Bookmarks
