"""The template in a world of its own, for generated requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.world import Ports, World
from tests.e2e.desk import Desk

_PARAMETERS = {
    "BillingScheduleState": "DISABLED",
    "AuthorizerCacheSeconds": "300",
    "ProviderReadTimeout": "3",
    "WorkerProviderReadTimeout": "3",
    "PartnerReadsAMinute": "30000",
    "PartnerReadsADay": "43200000",
    "PartnerWritesAMinute": "30000",
    "PartnerWritesADay": "43200000",
}


@contextmanager
def stage(folder: Path) -> Iterator[Desk]:
    """A partner's desk at it, with as many requests as there will be."""
    with World(folder / "world", Ports.free(), _PARAMETERS) as world:
        yield Desk.open(world, folder)
