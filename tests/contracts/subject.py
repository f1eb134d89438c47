"""What the contract tests are run against."""

from dataclasses import dataclass

from pinbill.store.catalog_writer import CatalogWriter
from pinbill.usecases.ports import Catalog, DueIndex, OpenOutcomes, Store
from tests.fakes.catalog import InMemoryCatalog


@dataclass(frozen=True, slots=True)
class Subject:
    """One implementation of the four ports, empty. `writer` fills its catalog."""

    store: Store
    due: DueIndex
    outcomes: OpenOutcomes
    catalog: Catalog
    writer: CatalogWriter | InMemoryCatalog
