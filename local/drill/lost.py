"""Lost answers alone: how long an outcome stays unknown when nothing else goes wrong, in the stack's own time."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles

from local.drill.accounts import Account, is_quiet, read_accounts, waits_for_a_person
from local.drill.arena import Arena
from local.drill.evidence import gather
from local.drill.person import Person
from local.drill.population import Member, populate
from local.drill.sowing import Sowing, lost_answer
from local.drill.tide import DAY, HOUR, WEEK, pass_by, rest
from local.progress import say
from pinbill.domain.attempts import Source
from pinbill.domain.journal import EntryKind

WEEKS = 2  # of which each renews every subscription once
ONE_DAY = timedelta(days=1)
TICK = 300  # seconds between two runs of the dispatcher, as the template has it
CALLBACK_LOST = 0.10  # of the bills whose answer is lost, the callback is lost as well
FOUND = "asking: found, still pending"
_BY = {
    Source.ANSWER: "the call's own answer, late",
    Source.CALLBACK: "callback",
    Source.INQUIRY: "asking: final",
    Source.PERSON: "a person, who looks once a day",
}
_QUEUE_SECONDS = 180.0
_CALLBACK_SECONDS = 60.0


@dataclass(slots=True)
class LostAnswers:
    """`share` of all renewals lose their answer, before or after the debit."""

    arena: Arena
    rng: random.Random
    renewals: int
    share: float
    members: Sequence[Member] = ()
    sowing: Sowing = field(init=False)
    lost: int = 0

    def run(self) -> list[Account]:
        """Carry it out; returns every account with its outcomes settled."""
        self.sowing = Sowing(self.arena.office)
        say("subscribe and confirm")
        self.members = populate(self.arena, max(4, -(-self.renewals // WEEKS)))
        pass_by(self.arena, DAY + HOUR)
        rest(self.arena, self._is_quiet)
        began = self.arena.clock.now().timestamp() - (DAY + HOUR)
        for week in range(1, WEEKS + 1):
            say(f"week {week}")
            self._sow()
            self.arena.move(began + week * WEEK - self.arena.clock.now().timestamp() + HOUR)
            self._live_until(began + (week + 1) * WEEK - HOUR)
            self.sowing.clear()
        rest(self.arena, self._is_quiet)
        self._work_off(Person.hired())
        rest(self.arena, self._is_quiet)
        return read_accounts(self.arena.store, self.members)

    def _sow(self) -> None:
        for member in self.members:
            if self.rng.random() < self.share:
                self.lost += 1
                self.sowing.add(member, *lost_answer(self.rng))
                if self.rng.random() < CALLBACK_LOST:
                    self.sowing.add(member, "callback_lost", {})

    def _live_until(self, end: float) -> None:
        """Let the dispatcher run at every tick at which something is due; a person looks at the list once a day."""
        person, looked = Person.hired(), self.arena.clock.now()
        while True:
            self.arena.dispatch("run")
            self.arena.wait_for_queue(_QUEUE_SECONDS)
            # They come at once by the providers' clock: it must not leap ahead of them.
            self.arena.wait_for_callbacks(_CALLBACK_SECONDS)
            if self.arena.clock.now() >= looked + ONE_DAY:
                looked = self.arena.clock.now()
                self._work_off(person)
            now = self.arena.clock.now().timestamp()
            following = self.arena.next_due()
            tick = max(following.timestamp() if following else end, now)
            tick += TICK - tick % TICK
            if tick >= end:
                self.arena.move(max(1.0, end - now))
                return
            self.arena.move(tick - now)

    def _work_off(self, person: Person) -> None:
        """Decide what every planned look has left open."""
        ids = {row.subscription.id for row in person.decide.listed() if waits_for_a_person(row.subscription)}
        if ids:
            accounts = read_accounts(self.arena.store, [member for member in self.members if member.id in ids])
            person.work_off(accounts, gather(self.arena.office, self.members))

    def _is_quiet(self) -> bool:
        return is_quiet(self.arena.store, self.members)


def times_to_settle(accounts: Sequence[Account]) -> Mapping[tuple[str, str], list[float]]:
    """How many seconds each unknown outcome stayed so, by rail and by what ended it."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for account in accounts:
        rail = account.member.rail.value
        unknown = _times(account, EntryKind.ATTEMPT_UNKNOWN)
        pending = _times(account, EntryKind.ATTEMPT_PENDING)
        for id, began in unknown.items():
            attempt = account.attempts[id]
            if id in pending and pending[id] > began:
                found[rail, FOUND].append((pending[id] - began).total_seconds())
            if attempt.settled_at and attempt.settled_by:
                found[rail, _BY[attempt.settled_by]].append((attempt.settled_at - began).total_seconds())
    return found


def _times(account: Account, kind: EntryKind) -> dict[str, datetime]:
    """When each attempt was first recorded so, by its id."""
    return {entry.attempt.id: entry.at for entry in reversed(account.entries) if entry.kind is kind and entry.attempt}


def report(accounts: Sequence[Account], lost: int) -> Iterator[str]:
    """The table of how long unknown outcomes took, in the stack's time."""
    times = times_to_settle(accounts)
    renewals = sum(account.renewals for account in accounts)
    unknown = sum(len(each) for (_, by), each in times.items() if by != FOUND)
    yield f"renewals {renewals}; answers to be lost {lost}; outcomes unknown {unknown}"
    yield f"  {'rail':<12}{'ended by':<34}{'count':>6}{'p50':>14}{'p90':>14}{'longest':>14}"
    for (rail, by), lengths in sorted(times.items()):
        row = sorted(lengths)
        cuts = quantiles(row, n=10, method="inclusive") if len(row) > 1 else row * 9
        numbers = "".join(f"{_length(each):>14}" for each in (cuts[4], cuts[8], row[-1]))
        yield f"  {rail:<12}{by:<34}{len(row):>6}{numbers}"


def _length(length: float) -> str:
    seconds = round(length)
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
