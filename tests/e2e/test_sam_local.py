"""The README's tour against `sam local start-api`: every route in a container of its own. Needs a Docker engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.events.sam_invoke import require_engine
from local.pages import calls_of
from local.seed import seed
from local.world import Deployed, WorldError
from local.world.child import Child
from local.world.environment import ROOT, child_environment
from local.world.ports import HOST, Ports
from local.world.sam_local import ACCOUNT, start_api_command
from tests.e2e.operating import billing_every_second
from tests.e2e.pages import type_as_printed
from tests.e2e.stacks import own

FIRST_CONTAINER, LAST_CONTAINER = 180, 60  # seconds


@pytest.fixture
def api(world: Deployed, tmp_path: Path) -> Iterator[str]:
    """The address of all routes, served in containers."""
    try:
        require_engine()
    except WorldError as error:
        pytest.skip(str(error))
    port = Ports.free().aws
    command = start_api_command(port, own(world).sam_local_file)
    serving = Child("sam local start-api", command, child_environment(**ACCOUNT), tmp_path / "start-api.log", ROOT)
    try:
        # A route that asks for no key; its container is the first to start.
        serving.wait_until_healthy(f"http://{HOST}:{port}/v1/openapi.json", FIRST_CONTAINER)
        yield f"http://{HOST}:{port}"
    finally:
        assert serving.stop(LAST_CONTAINER)


def test_the_tour_works_in_containers_as_printed(world: Deployed, api: str) -> None:
    section = (ROOT / "README.md").read_text().split("## A five-minute tour")[1].split("\n## ")[0]
    with billing_every_second(world):
        type_as_printed(list(calls_of(section)), world, seed(world).key, API=api)


def test_containers_serve_a_template_whose_routes_ask_for_a_key(world: Deployed) -> None:
    command = start_api_command(3000, own(world).sam_local_file)
    served = (ROOT / command[command.index("--template-file") + 1]).read_text()
    assert "AuthorizerFunction, Arn" in served
    assert "AuthorizerFunction.Alias" not in served
