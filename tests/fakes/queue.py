"""A queue whose groups a test takes when it likes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import override

from pinbill.usecases.ports.billing import Queue, Work


@dataclass(slots=True)
class FakeQueue(Queue):
    """`sent` holds (group, delay in seconds) in the order of sending; `error`, when set, is raised once instead."""

    sent: list[tuple[Work, int]] = field(default_factory=list)
    error: Exception | None = None

    @override
    def send(self, groups: Sequence[tuple[Work, int]]) -> None:
        error, self.error = self.error, None
        if error:
            raise error
        self.sent.extend(groups)

    def take(self) -> list[Work]:
        """All groups that were sent, whatever their delay; the queue is empty afterwards."""
        taken, self.sent = self.sent, []
        return [work for work, _ in taken]
