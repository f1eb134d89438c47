"""Strikes: attempts held in every gap at once, and the process that holds them killed in that moment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.drill.arena import PARTNER, Arena
from local.drill.gaps import GAPS, HOLD_SECONDS, Gap, Step
from local.drill.population import Member
from local.drill.sowing import Sowing
from pinbill.domain.catalog import RailName
from pinbill.store import keys
from pinbill.usecases.ports.billing import Work

# From the call's arrival on; the worker hears for three seconds.
_CALL_SECONDS = 2.5
_LONGEST_WAIT = 15.0
_MARGIN = 0.15


@dataclass(slots=True)
class Strikes:
    """Strikes one group after another, and counts what each has cut."""

    arena: Arena
    sowing: Sowing
    killed: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    _first_seen: dict[int, float] = field(default_factory=dict)  # calls by id
    _last_call: int = 0

    def strike(self, members: Sequence[Member]) -> None:
        """Bill a group of due members, one held in each gap; kill when all are held, or when a hold is about to end."""
        held = dict(zip((gap.name for gap in GAPS), members, strict=False))
        gaps = [gap for gap in GAPS if gap.name in held]
        in_store = [gap for gap in gaps if gap.step is not Step.CALL]
        self.arena.proxy.use([gap.rule(keys.subscription_pk(PARTNER, held[gap.name].id)) for gap in in_store])
        for gap in gaps:
            if gap.step is Step.CALL:
                self.sowing.add(held[gap.name], gap.fault, {"seconds": _CALL_SECONDS})
        self._calls()
        groups = ([m for m in members if m.rail is rail] for rail in RailName)
        self.arena.queue.send([(Work(g[0].rail, [(PARTNER, m.id) for m in g]), 0) for g in groups if g])
        began = self._wait_until_held(gaps, held)
        self._kill(gaps, began)
        self.arena.proxy.use([])

    def _wait_until_held(self, gaps: Sequence[Gap], held: dict[str, Member]) -> dict[str, float]:
        """When each gap's hold began; returns when all are held, or when the first hold is about to end."""
        deadline = time.monotonic() + _LONGEST_WAIT
        began: dict[str, float] = {}
        since = self._last_call
        while time.monotonic() < deadline:
            began = self.arena.proxy.began() | self._calls_held(gaps, held, since)
            if len(began) == len(gaps) or (began and time.time() > min(began.values()) + HOLD_SECONDS - 3 * _MARGIN):
                break
            time.sleep(0.05)
        return began

    def _calls_held(self, gaps: Sequence[Gap], held: dict[str, Member], since: int) -> dict[str, float]:
        calls = self._calls(since)
        found: dict[str, float] = {}
        for gap in gaps:
            member = held[gap.name]
            for call in calls if gap.step is Step.CALL else ():
                if gap.fault in str(call["fault"]) and _is_of(call, member):
                    # Seen now for the first time: it began a moment ago at most.
                    found[gap.name] = self._first_seen.setdefault(int(str(call["id"])), time.time())
        return found

    def _kill(self, gaps: Sequence[Gap], began: dict[str, float]) -> None:
        killed = self.arena.processes.kill(self.arena.processes.of("BillWorkerFunction"))
        now = time.time()
        self.killed += killed
        for gap in gaps:
            length = _CALL_SECONDS if gap.step is Step.CALL else HOLD_SECONDS
            if killed and gap.name in began and now < began[gap.name] + length - _MARGIN:
                self.cut[gap.name] += 1

    def _calls(self, since: int | None = None) -> list[dict[str, object]]:
        """The calls that the providers have received since a call, or since the last look."""
        after = self._last_call if since is None else since
        calls: list[dict[str, object]] = self.arena.office.get("/control/calls", after=str(after))["calls"]
        if since is None and calls:
            self._last_call = int(str(calls[-1]["id"]))
        return calls


def _is_of(call: dict[str, object], member: Member) -> bool:
    if member.mandate:
        return str(call["mandate"]) == member.mandate
    return call["provider"] == "infomedia" and str(call["msisdn"]) == member.msisdn.removeprefix("+")
