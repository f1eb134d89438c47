"""Who the judge tells of what happens, and what it remembers besides its own."""

from collections.abc import Sequence
from typing import Protocol

from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from tests.simulation.provider import Debit


class Listener(Protocol):
    """Who is told of every write that took effect and of every debit, for a readable trace."""

    def wrote(self, after: Subscription, entries: Sequence[Entry]) -> None: ...

    def debited(self, debit: Debit) -> None: ...


class Part(Protocol):
    """What the judge remembers with it."""

    def restore(self, snapshot: object) -> None: ...
