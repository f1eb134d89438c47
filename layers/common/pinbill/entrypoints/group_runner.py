"""Bill the groups of one batch at once: many threads, each call at its time."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from heapq import merge

from aws_lambda_powertools import Logger

from pinbill.domain.catalog import RailName
from pinbill.entrypoints.pacer import Pacer
from pinbill.entrypoints.telemetry import crash
from pinbill.errors import OutOfTime, PinbillError
from pinbill.usecases.bill_worker import BillWorker
from pinbill.usecases.turns import NEVER

# A wake reads and claims before its call: it is begun so many seconds before its turn.
AHEAD = 0.25

type Member = tuple[str, str]  # partner, subscription id


class Woken(Enum):
    DONE = "done"
    MISSED = "missed"  # something is still due, and the group has no call time left for it
    FAILED = "failed"


@dataclass(slots=True)
class Group:
    """Whom to wake, and the times of their calls; without a pacer none is made. The rest is what came of it."""

    message: str
    rail: RailName
    members: Sequence[Member]
    pacer: Pacer | None = None
    missed: list[Member] = field(default_factory=list)
    has_failed: bool = False

    def planned(self) -> Iterator[tuple[float, "Group", Member]]:
        """Members with the steady time at which each is begun."""
        for at, member in enumerate(self.members):
            yield (self.pacer.begins(at) - AHEAD if self.pacer else float("-inf")), self, member


class GroupRunner:
    def __init__(
        self,
        bill_worker: BillWorker,
        logger: Logger,
        threads: int,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bill_worker = bill_worker
        self._logger = logger
        self._threads = threads
        self._steady, self._sleep = steady, sleep

    def run(self, groups: Sequence[Group]) -> None:
        """Wake every member of every group, and return when all have ended."""
        self._bill_worker.expect([member for group in groups if group.pacer for member in group.members])
        woken: list[tuple[Group, Member, Future[Woken]]] = []
        with ThreadPoolExecutor(self._threads) as pool:
            for begins, group, member in merge(*(group.planned() for group in groups), key=lambda planned: planned[0]):
                self._sleep(max(0.0, begins - self._steady()))
                woken.append((group, member, pool.submit(self._wake, member, group.pacer)))
        for group, member, result in woken:
            match self._outcome(member, result):
                case Woken.FAILED:
                    group.has_failed = True
                case Woken.MISSED:
                    group.missed.append(member)

    def _wake(self, member: Member, pacer: Pacer | None) -> Woken:
        partner, id = member
        try:
            self._bill_worker.wake(partner, id, pacer or NEVER)
        except OutOfTime:
            return Woken.MISSED
        except PinbillError as error:
            self._logger.error("wake_failed", extra={**_about(member), "code": error.code})
            return Woken.FAILED
        return Woken.DONE

    def _outcome(self, member: Member, result: Future[Woken]) -> Woken:
        error = result.exception()
        if error is None:
            return result.result()
        # A defect of ours in one subscription must not take the others of the batch with it.
        self._logger.error("wake_crashed", extra={**_about(member), **crash(error)})
        return Woken.FAILED


def _about(member: Member) -> dict[str, str]:
    partner, id = member
    return {"partner": partner, "subscription": id}
