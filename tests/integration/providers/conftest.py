"""One pair of simulated providers for the session, wiped for every test."""

from collections.abc import Iterator

import pytest

from local.simulators import SimulatorServer
from tests.integration.providers.rig import HOLD_SECONDS, Rig, TextSource, infomedia_client, signzy_client


@pytest.fixture(scope="session")
def _simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def rig(_simulator: SimulatorServer) -> Rig:
    _simulator.world.reset()
    _simulator.world.knobs.set({"hold_seconds": HOLD_SECONDS})
    source = TextSource()
    return Rig(_simulator, source, infomedia_client(_simulator.url, source), signzy_client(_simulator.url, source))
