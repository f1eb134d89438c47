"""The rows of a shard as the use cases are given them, without faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import override

from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.billing import Bookings
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import Bookmarks, Indexes, OpenOutcomes
from pinbill.usecases.ports.store import Store
from tests.fakes.catalog import InMemoryCatalog
from tests.fakes.indexes import InMemoryBookings, InMemoryBookmarks
from tests.simulation.time_machine.rows import SortedDueIndex, SortedOpenOutcomes, SortedSlotIndex, SortedStore
from tests.simulation.use_cases import Backend


@dataclass(slots=True)
class SortedBackend(Backend):
    """Nothing of it is ever taken back to an earlier state."""

    sorted: SortedStore
    writer: InMemoryCatalog
    store: Store = field(init=False)
    rows: Store = field(init=False)
    catalog: Catalog = field(init=False)
    outcomes: OpenOutcomes = field(init=False)
    bookmarks: Bookmarks = field(default_factory=InMemoryBookmarks)
    bookings: Bookings = field(default_factory=InMemoryBookings)
    indexes: Indexes = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.rows = self.sorted
        self.catalog = self.writer
        self.outcomes = SortedOpenOutcomes(self.sorted)
        self.indexes = Indexes(SortedDueIndex(self.sorted), SortedSlotIndex(self.sorted), self.bookmarks)

    @override
    def new_processes(self) -> None:
        """There are none."""

    @override
    def subscriptions(self) -> Iterator[Subscription]:
        return iter(self.sorted.subscriptions.values())

    @override
    def journal(self, subscription: Subscription) -> Sequence[Entry]:
        return self.sorted.entries[subscription.partner, subscription.id]

    @override
    def snapshot(self) -> object:
        raise NotImplementedError

    @override
    def restore(self, snapshot: object) -> None:
        raise NotImplementedError
