"""What the contract tests are run against."""

from dataclasses import dataclass

from pinbill.store.catalog_writer import CatalogWriter
from pinbill.usecases.ports.billing import Bookings, Runs
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.due import Indexes, OpenOutcomes
from pinbill.usecases.ports.store import Store
from tests.fakes.catalog import InMemoryCatalog


@dataclass(frozen=True, slots=True)
class Subject:
    """One implementation of the ports, empty. `writer` fills its catalog."""

    store: Store
    indexes: Indexes
    bookings: Bookings
    runs: Runs
    outcomes: OpenOutcomes
    catalog: Catalog
    writer: CatalogWriter | InMemoryCatalog
