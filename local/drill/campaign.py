"""The course of a drill: weeks of storm until enough was renewed, then calm, one more week, and rest."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from local.drill.accounts import Account, is_quiet, read_accounts
from local.drill.arena import PARTNER, Arena
from local.drill.audit import Finding
from local.drill.evidence import gather
from local.drill.gaps import GAPS
from local.drill.person import Person
from local.drill.population import Member, populate
from local.drill.processes import Reaper
from local.drill.sowing import Shares, Sowing
from local.drill.storm import BLACKOUT, STORM
from local.drill.strikes import Strikes
from local.drill.tide import DAY, HOUR, MINUTE, WEEK, drain, pass_by, rest
from local.drill.traffic import Cancelled, Traffic
from local.drill.unknowns import Listed, explain, judge_list
from local.progress import say
from pinbill.domain.subscription import Timer

# A subscription is renewed about so often in a drill, half of that in calm: what waits for a person is billed then.
_RENEWALS_EACH = 4
_IN_CALM = 2
_FEWEST = 4 * len(GAPS)
_MOST_STORMS = 8
_STRIKES = 6  # a week, if there are members enough
_TRAFFIC_SECONDS = 30.0
_CANCELLED, _CHARGED, _DOUBLED = 0.03, 0.06, 0.15
# After the weekly bills: leases and settle windows pass, the bank's results come, declined bills are tried again.
_AFTERWARDS = (12 * MINUTE, 40 * MINUTE, 2 * HOUR, DAY, DAY)


@dataclass(slots=True)
class Log:
    """What was done in a drill."""

    members: Sequence[Member]
    killed: Counter[str] = field(default_factory=Counter)  # at random, by function
    struck: int = 0  # processes killed by strikes
    cut: Counter[str] = field(default_factory=Counter)  # attempts, by the gap they were held in
    provider_faults: Counter[str] = field(default_factory=Counter)
    aws_faults: Counter[str] = field(default_factory=Counter)
    traffic: Counter[str] = field(default_factory=Counter)
    cancelled: list[Cancelled] = field(default_factory=list)
    dead_letters: int = 0
    listed: list[Listed] = field(default_factory=list)  # outcomes that nobody could know when the storms were over
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Campaign:
    """One drill in an arena; `renewals` is how many are to be asked for at least."""

    arena: Arena
    rng: random.Random
    renewals: int
    log: Log = field(init=False)
    _sowing: Sowing = field(init=False)
    _strikes: Strikes = field(init=False)
    _week_began: float = 0.0

    def run(self) -> list[Account]:
        """Carry the drill out; returns every account as it stands at the end. Raises DrillError."""
        self._sowing = Sowing(self.arena.office)
        self._strikes = Strikes(self.arena, self._sowing)
        self._timed("subscribe and confirm", self._subscribe)
        for week in range(1, _MOST_STORMS + 1):
            self._timed(f"week {week}, storm", self._storm)
            accounts = self._accounts()
            asked = sum(account.renewals for account in accounts)
            say(f"  {asked} renewals so far")
            if asked + _IN_CALM * sum(account.subscription.is_live for account in accounts) >= self.renewals:
                break
        self._timed("calm, until nothing more can be learnt", self._calm)
        self._timed("a person works off the list", self._work_off)
        self._timed("one more week in calm", self._week_in_calm)
        self.log.struck, self.log.cut = self._strikes.killed, self._strikes.cut
        self.log.provider_faults, self.log.aws_faults = self._sowing.struck, self.arena.proxy.counts()
        self.log.dead_letters = self.arena.dead_letters()
        return self._accounts()

    def _subscribe(self) -> None:
        self.log = Log(populate(self.arena, max(_FEWEST, math.ceil(self.renewals / _RENEWALS_EACH))))
        pass_by(self.arena, DAY + HOUR)  # the bank's first payments
        rest(self.arena, self._is_quiet)
        self._week_began = self.arena.clock.now().timestamp() - (DAY + HOUR)

    def _storm(self) -> None:
        arena, rng = self.arena, self.rng
        self._next_week()
        due = [member for member in self.log.members if self._is_due(member)]
        rng.shuffle(due)
        struck, rest_of_them = self._split(due)
        self._sowing.sow(rest_of_them, Shares(), rng)
        for first in range(0, len(struck), len(GAPS)):
            self._strikes.strike(struck[first : first + len(GAPS)])
        arena.proxy.use(STORM)
        reaper = Reaper(arena.processes, random.Random(rng.random()), 1.5, 5.0)
        reaper.start()
        traffic = self._traffic(rest_of_them)
        traffic.begin()
        try:
            drain(arena)
            traffic.finish()
            pass_by(arena, _AFTERWARDS[0])
        finally:
            self.log.killed += reaper.stop()
        for seconds in _AFTERWARDS[1:]:
            pass_by(arena, seconds)
        self.log.traffic += traffic.counts
        self.log.cancelled += traffic.cancelled
        self._sowing.clear()

    def _split(self, due: Sequence[Member]) -> tuple[Sequence[Member], Sequence[Member]]:
        groups = min(_STRIKES, max(len(due) // (2 * len(GAPS)), 1 if len(due) >= len(GAPS) else 0))
        return due[: groups * len(GAPS)], due[groups * len(GAPS) :]

    def _traffic(self, members: Sequence[Member]) -> Traffic:
        traffic = Traffic(self.arena, self.rng)
        within = min(_TRAFFIC_SECONDS, 2 + len(members) / 20)
        some: Callable[[float], int] = lambda share: max(1, round(len(members) * share))  # noqa: E731
        traffic.cancel(self.rng.sample(members, some(_CANCELLED)), within)
        traffic.charge(self.rng.sample(members, some(_CHARGED)), f"gems-{self._week_began:.0f}", within)
        doubled = self.rng.sample(members, some(_DOUBLED))
        for rail in {member.rail for member in doubled}:
            traffic.double([member for member in doubled if member.rail is rail], within)
        traffic.dispatch(runs=3, sweeps=1, within=within)
        traffic.once(partial(self.arena.proxy.use, (BLACKOUT, *STORM)), within / 3)
        return traffic

    def _calm(self) -> None:
        self._sowing.clear()
        self.arena.proxy.use(())
        rest(self.arena, self._is_quiet)

    def _work_off(self) -> None:
        accounts, evidence = self._accounts(), gather(self.arena.office, self.log.members)
        person = Person.hired()
        self.log.listed = explain(accounts, evidence)
        self.log.findings = [*judge_list(self.log.listed), *person.list_differs(accounts)]
        self.log.verdicts = person.work_off(accounts, evidence)
        rest(self.arena, self._is_quiet)

    def _week_in_calm(self) -> None:
        self._next_week()
        drain(self.arena)
        rest(self.arena, self._is_quiet)

    def _next_week(self) -> None:
        """Move to just after the next weekly bills."""
        now = self.arena.clock.now().timestamp()
        weeks = int((now - self._week_began) // WEEK) + 1
        self._week_began += weeks * WEEK
        self.arena.move(self._week_began - now + HOUR)

    def _is_due(self, member: Member) -> bool:
        subscription = self.arena.store.subscription(PARTNER, member.id)
        return subscription.is_due(Timer.BILL, self.arena.clock.now()) and subscription.open_attempt is None

    def _is_quiet(self) -> bool:
        return is_quiet(self.arena.store, self.log.members)

    def _accounts(self) -> list[Account]:
        return read_accounts(self.arena.store, self.log.members)

    def _timed(self, what: str, act: Callable[[], None]) -> None:
        say(what)
        started = time.monotonic()
        act()
        self.log.seconds[what] = time.monotonic() - started
        say(f"  {self.log.seconds[what]:.0f} s")
