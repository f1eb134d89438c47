"""What the simulated providers do wrong, and to whom: seeded faults of single calls, counted when they strike."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from local.drill.population import Member
from local.journey.actors import TIMEOUT, BackOffice
from pinbill.domain.catalog import RailName

# How an answer to a bill gets lost or garbled, with its share among such faults. Holds are short: the workers give up
# after three seconds. Late debits land within and beyond the time after which an outcome is looked into.
LOST_ANSWERS: tuple[tuple[int, str, Mapping[str, Any]], ...] = (
    (4, "drop_after_debit", {}),
    (2, "timeout_after_debit", {"seconds": 4}),
    (2, "http_500_after_debit", {}),
    (1, "garbage_after_debit", {}),
    (1, "truncated", {"how": "connection"}),
    (1, "wrong_json", {}),
    (2, "drop_before_debit", {}),
    (1, "timeout_before_debit", {"seconds": 4}),
    (1, "http_502", {}),
    (2, "land_late", {"seconds": 60}),
    (1, "land_late", {"seconds": 1200}),
    (1, "land_late", {"seconds": 7200}),
)
_CALLBACK_FAULTS = ("callback_lost", "callback_early", "callback_duplicate", "callback_contradictory")


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one round's subscriptions: how many meet each sort of fault."""

    lost_answer: float = 0.12
    throttled: float = 0.02
    slow: float = 0.02
    declined: float = 0.04
    callback_lost: float = 0.10
    callback_early: float = 0.06
    callback_duplicate: float = 0.06
    callback_contradictory: float = 0.04


@dataclass(slots=True)
class Sowing:
    """Sets faults for single subscriptions, and takes away what is left of them."""

    office: BackOffice
    struck: Counter[str] = field(default_factory=Counter)

    def sow(self, members: Sequence[Member], shares: Shares, rng: random.Random) -> None:
        """Give each member the faults that chance has for it, for its next calls."""
        for member in members:
            for fault, args in _faults_of(member, shares, rng):
                self.add(member, fault, args)

    def add(self, member: Member, fault: str, args: Mapping[str, Any]) -> None:
        """Let `fault` strike the member's next call of its kind, once."""
        self.office.post("/control/faults", fault=fault, times=1, **member.scope, **args)

    def clear(self) -> None:
        """Remove every fault, and count those that struck."""
        for row in self.office.get("/control/faults")["faults"]:
            self.struck[str(row["fault"])] += int(row["used"])
        requests.delete(f"{self.office.url}/control/faults", timeout=TIMEOUT).raise_for_status()


def lost_answer(rng: random.Random) -> tuple[str, Mapping[str, Any]]:
    """One way for an answer to get lost."""
    _, fault, args = rng.choices(LOST_ANSWERS, [weight for weight, _, _ in LOST_ANSWERS])[0]
    return fault, args


def _faults_of(member: Member, shares: Shares, rng: random.Random) -> Iterable[tuple[str, Mapping[str, Any]]]:
    harmless = True
    draw = rng.random()
    for share, pick in (
        (shares.lost_answer, lost_answer),
        (shares.throttled, lambda _: ("throttle", {})),
        (shares.slow, lambda _: ("slow", {"seconds": 1})),
    ):
        if 0 <= draw < share:
            harmless = False
            yield pick(rng)
        draw -= share
    if rng.random() < shares.declined:
        harmless = False
        yield "decline", {}
    draw = rng.random()
    for fault in _CALLBACK_FAULTS:
        share = float(getattr(shares, fault))
        # A callback of Infomedia's is unsigned, and nothing can be asked about it: one that claims a debit which never
        # was cannot be told from a true one. It may contradict only where the answer is heard.
        believable = harmless or member.rail is RailName.SIGNZY or fault != "callback_contradictory"
        if 0 <= draw < share and believable:
            yield fault, {}
        draw -= share
