"""The billing queue: at least once, sometimes twice, sometimes late; the sweep is for what is lost."""

from collections.abc import Sequence
from typing import override

from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.billing import Queue, Work
from tests.simulation.faults import Fault, Port
from tests.simulation.scheduler import Crash, Scheduler

MOST_RECEIVES = 5  # then the message ends in the dead-letter queue


class FaultyQueue(Queue):
    """`sent` are messages that are delivered next, `waiting` those that come again later, with their receives.

    `taken` says when (by the scheduler's ticks) it last took a message with a subscription, whatever became of it.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.sent: list[Work] = []
        self.waiting: list[tuple[Work, int]] = []
        self.taken: dict[str, int] = {}

    @override
    def send(self, groups: Sequence[tuple[Work, int]]) -> None:
        if not groups:
            return  # nobody is called
        fault = self._scheduler.step(Port.SEND, "send", len(groups), "groups")
        messages = [work for work, _ in groups]
        if fault not in (Fault.CRASH, Fault.UNAVAILABLE):
            self.taken |= {id: self._scheduler.ticks for work in messages for _, id in work.subscriptions}
        match fault:
            case None:
                self.sent += messages
            case Fault.MESSAGE_TWICE:
                self.sent += messages * 2
            case Fault.MESSAGE_LATER:
                self.waiting += [(work, 0) for work in messages]
            case Fault.AMBIGUOUS | Fault.CRASH_AFTER:
                self.sent += messages
                raise StoreUnavailable if fault is Fault.AMBIGUOUS else Crash
            case Fault.CRASH:
                raise Crash
            case Fault.UNAVAILABLE:
                raise StoreUnavailable
            case _:
                return  # lost

    def take_sent(self) -> list[Work]:
        taken, self.sent = self.sent, []
        return taken

    def take_waiting(self) -> list[tuple[Work, int]]:
        taken, self.waiting = self.waiting, []
        return taken

    def give_back(self, work: Work, receives: int) -> None:
        """A message that was not worked off comes again, until it has come too often."""
        if receives < MOST_RECEIVES:
            self.waiting.append((work, receives))

    def snapshot(self) -> object:
        return tuple(self.sent), tuple(self.waiting), dict(self.taken)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.sent, self.waiting, self.taken = list(snapshot[0]), list(snapshot[1]), dict(snapshot[2])
