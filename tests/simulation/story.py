"""A story: one run of the simulation, wholly described by one line that can be pasted back.

    infomedia 1month log_after: subscribe; confirm; due; run|cancel[7:lost_debited 11:to1]; +1h; callbacks; sweep

Before the colon stands the configuration, after it the acts. An act is one operation or several at once, with its
deviations in brackets: `7:crash` happens at the act's seventh step, or at the first later one where it can happen.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, override

from pinbill.domain.catalog import ActivityOrder, CatchUp, RailName
from pinbill.domain.periods import Recurrence, Unit

START = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
ZONES = {RailName.INFOMEDIA: "Europe/London", RailName.SIGNZY: "Asia/Kolkata"}
MONTHLY = Recurrence(Unit.MONTH, 1)
STORES = ("memory", "dynamodb")
SWITCHES = ("slow", "limited", "noticed", "capped")

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "s": "seconds"}
_MOVE = re.compile(r"([+-])(\d+)([smhd])")
_RECURRENCE = re.compile(r"(\d+)(day|week|month)")
_OPERATION = re.compile(r"([a-z_]+|[+-]\d+[smhd])(?::([A-Za-z0-9_=+]+))?(?:@(\d))?")
_DEVIATION = re.compile(r"(\d+):([a-z_]+\d*|[+-]\d+[smhd])")


def moved(text: str) -> timedelta | None:
    """The time that "+10m" or "-1h" stands for; None for another text."""
    found = _MOVE.fullmatch(text)
    if found is None:
        return None
    by = timedelta(**{_UNITS[found[3]]: int(found[2])})
    return by if found[1] == "+" else -by


@dataclass(frozen=True, slots=True)
class Configuration:
    """The one plan and service of a story, the moment it begins, and the store it runs on."""

    rail: RailName = RailName.INFOMEDIA
    recurrence: Recurrence = MONTHLY
    zone: str = ""  # "" is the rail's own
    start: datetime = START
    trial_days: int = 0
    catch_up: CatchUp = CatchUp.BILL_LATEST
    activity_order: ActivityOrder = ActivityOrder.BEFORE_BILL
    is_slow: bool = False  # the provider's quota is one call a run
    is_limited: bool = False  # the plan's guard halts it when more than one bill a day is due
    is_noticed: bool = False  # each renewal needs a notice
    is_capped: bool = False  # a month has a cap
    store: str = "memory"

    @property
    def plan_zone(self) -> str:
        return self.zone or ZONES[self.rail]

    @override
    def __str__(self) -> str:
        words = [self.rail.value, f"{self.recurrence.count}{self.recurrence.unit.value}"]
        if self.zone:
            words.append(self.zone)
        if self.start != START:
            words.append(f"{self.start:%Y-%m-%dT%H:%M}")
        if self.trial_days:
            words.append(f"trial{self.trial_days}")
        if self.catch_up is not CatchUp.BILL_LATEST:
            words.append(self.catch_up.value)
        if self.activity_order is ActivityOrder.AFTER_BILL:
            words.append("log_after")
        words += [name for name in SWITCHES if getattr(self, f"is_{name}")]
        if self.store != "memory":
            words.append(self.store)
        return " ".join(words)

    @classmethod
    def parse(cls, text: str) -> "Configuration":
        """Read what `str` has written; raises ValueError."""
        return cls(**dict(map(_setting, text.split())))


def _setting(word: str) -> tuple[str, Any]:
    """The field of a configuration that a word sets, and its value."""
    if found := _RECURRENCE.fullmatch(word):
        return "recurrence", Recurrence(Unit(found[2]), int(found[1]))
    if found := re.fullmatch(r"trial(\d+)", word):
        return "trial_days", int(found[1])
    if word == "log_after":
        return "activity_order", ActivityOrder.AFTER_BILL
    if word in SWITCHES:
        return f"is_{word}", True
    if "/" in word:
        return "zone", word
    if word in STORES:
        return "store", word
    if word in set(RailName):
        return "rail", RailName(word)
    if word in set(CatchUp):
        return "catch_up", CatchUp(word)
    return "start", datetime.fromisoformat(word).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Deviation:
    """What goes another way than usual at step `at` of an act: a fault, `to2` (actor 2 goes on), or a clock's jump."""

    at: int
    kind: str

    @override
    def __str__(self) -> str:
        return f"{self.at}:{self.kind}"


@dataclass(frozen=True, slots=True)
class Operation:
    """What one actor does, or a move of time. `user` is 1, 2, 3: each has a number, a mandate and a subscription."""

    name: str
    argument: str = ""
    user: int = 1

    @override
    def __str__(self) -> str:
        argument = f":{self.argument}" if self.argument else ""
        return f"{self.name}{argument}" + (f"@{self.user}" if self.user != 1 else "")

    @classmethod
    def parse(cls, text: str) -> "Operation":
        found = _OPERATION.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"no operation: {text!r}")
        return cls(found[1], found[2] or "", int(found[3] or 1))


@dataclass(frozen=True, slots=True)
class Act:
    """Operations that begin together. By default each runs to its end before the next."""

    operations: tuple[Operation, ...]
    deviations: tuple[Deviation, ...] = ()

    @override
    def __str__(self) -> str:
        deviations = f"[{' '.join(map(str, self.deviations))}]" if self.deviations else ""
        return "|".join(map(str, self.operations)) + deviations

    @classmethod
    def parse(cls, text: str) -> "Act":
        named, _, rest = text.strip().partition("[")
        deviations = []
        for word in rest.removesuffix("]").split():
            found = _DEVIATION.fullmatch(word)
            if found is None:
                raise ValueError(f"no deviation: {word!r}")
            deviations.append(Deviation(int(found[1]), found[2]))
        return cls(tuple(map(Operation.parse, named.split("|"))), tuple(deviations))


@dataclass(frozen=True, slots=True)
class Story:
    configuration: Configuration
    acts: tuple[Act, ...] = field(default=())

    @override
    def __str__(self) -> str:
        return f"{self.configuration}: {'; '.join(map(str, self.acts))}"

    @classmethod
    def parse(cls, text: str) -> "Story":
        """Read what `str` has written; raises ValueError."""
        before, _, after = text.partition(": ")
        return cls(Configuration.parse(before), acts(after))

    @property
    def deviations(self) -> int:
        return sum(len(act.deviations) for act in self.acts)


def acts(text: str) -> tuple[Act, ...]:
    """The acts of "confirm; due; run"."""
    return tuple(Act.parse(part) for part in text.split(";") if part.strip())
