"""What else goes on during a storm: cancels, charges on demand, doubled messages, dispatchers run twice at once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import requests

from local.drill.arena import PARTNER, Arena
from local.drill.errors import DrillError
from local.drill.population import Member
from local.journey.actors import Answer
from pinbill.domain.catalog import RailName
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.billing import Work

_THREADS = 6
_TRIES, _PAUSE = 60, 0.5
CHARGES = {
    RailName.INFOMEDIA: {"amount": "1.20", "currency": "GBP", "description": "100 gems"},
    RailName.SIGNZY: {"amount": "35.00", "currency": "INR", "description": "A guest pass"},
}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancel that was acknowledged: when, by the providers' clock, and the attempt that it named as still open."""

    member: Member
    at: datetime
    open_attempt: str | None


@dataclass(slots=True)
class Traffic:
    """Partners and triggers of one storm, each at a moment of its own; `finish` waits for them."""

    arena: Arena
    rng: random.Random
    cancelled: list[Cancelled] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _plan: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _playing: Future[None] | None = None

    def cancel(self, members: Sequence[Member], within: float) -> None:
        for member in members:
            self._later(within, partial(self._cancel, member))

    def charge(self, members: Sequence[Member], key: str, within: float) -> None:
        """Charge each under one idempotency key, twice at the same time."""
        for member in members:
            moment = self.rng.uniform(0, within)
            for _ in range(2):
                self._at(moment, partial(self._charge, member, key))

    def double(self, members: Sequence[Member], within: float) -> None:
        """Send groups that the dispatcher sends as well, and each of them twice."""
        for first in range(0, len(members), 10):
            group = [(PARTNER, member.id) for member in members[first : first + 10]]
            self._later(within, partial(self._send, Work(members[first].rail, group)))

    def dispatch(self, runs: int, sweeps: int, within: float) -> None:
        """Run the dispatcher again and again, each time twice at once."""
        for mode in ["run"] * runs + ["sweep"] * sweeps:
            moment = self.rng.uniform(0, within)
            for _ in range(2):
                self._at(moment, partial(self._dispatch, mode))

    def once(self, act: Callable[[], None], moment: float) -> None:
        """Do something else in between."""
        self._at(moment, act)

    def begin(self) -> None:
        """Let everything happen at its moment, in the background."""
        pool = ThreadPoolExecutor(1)
        self._playing = pool.submit(self._play)
        pool.shutdown(wait=False)

    def finish(self) -> None:
        """Wait until everything was done; raises what went wrong with the drill."""
        if self._playing is not None:
            self._playing.result()

    def _play(self) -> None:
        started = time.monotonic()
        with ThreadPoolExecutor(_THREADS) as pool:
            jobs = []
            for moment, act in sorted(self._plan, key=lambda planned: planned[0]):
                time.sleep(max(0.0, started + moment - time.monotonic()))
                jobs.append(pool.submit(act))
        for job in jobs:
            job.result()

    def _later(self, within: float, act: Callable[[], None]) -> None:
        self._at(self.rng.uniform(0, within), act)

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        self._plan.append((moment, act))

    def _cancel(self, member: Member) -> None:
        for _ in range(_TRIES):
            answer = self._post(f"/v1/subscriptions/{member.id}/cancel")
            if answer is not None and answer.status == 200:
                attempt = answer.body["subscription"]["open_attempt"]
                self.cancelled.append(Cancelled(member, self.arena.clock.now(), attempt["id"] if attempt else None))
                return
            time.sleep(_PAUSE)
        raise DrillError(f"cancel of {member.id} was never acknowledged")

    def _charge(self, member: Member, key: str) -> None:
        for _ in range(_TRIES):
            path = f"/v1/subscriptions/{member.id}/charges"
            answer = self._post(path, CHARGES[member.rail], f"{key}-{member.id}")
            if answer is not None and answer.status < 500 and answer.body.get("code") != "attempt_open":
                self.counts[f"charge answered {answer.status}"] += 1
                return
            time.sleep(_PAUSE)
        self.counts["charge given up while another payment was open"] += 1

    def _send(self, work: Work) -> None:
        try:
            self.arena.queue.send([(work, 0), (work, 0)])
        except StoreUnavailable as error:
            raise DrillError("the queue took no message") from error
        self.counts["groups sent twice"] += 1

    def _dispatch(self, mode: str) -> None:
        self.arena.dispatch(mode)
        self.counts[f"{mode}s of the dispatcher, two at once"] += 1

    def _post(self, path: str, body: object = None, key: str = "") -> Answer | None:
        """None when no answer came: its function may have been killed."""
        try:
            return self.arena.partner.post(path, body, **({"Idempotency_Key": key} if key else {}))
        except (requests.RequestException, ValueError):
            return None
