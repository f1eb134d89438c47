"""What the local world has besides the stack: a catalog, a partner with a key, callback paths, and one time for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import requests

from local.world import World
from ops.operator import Operator
from pinbill.store.clocks import read_offset, set_offset
from pinbill.store.table import Table

CATALOG = Path(__file__).parent / "catalog.json"
PARTNER = "acme"
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Seeded:
    """The partner's key, and the table under the operator's hands."""

    key: str
    table: Table


def seed(world: World) -> Seeded:
    """Apply the catalog, make the partner's key once for a state folder, and point the providers' callbacks at us."""
    table = Table(world.client("dynamodb"), world.outputs["TableName"])
    operator = Operator(table)
    operator.apply(CATALOG)
    kept = world.home / "state" / "partner_key"
    if not kept.exists():
        kept.write_text(operator.create_key(PARTNER))
        kept.chmod(0o600)
    paths = {
        "infomedia": operator.create_callback(PARTNER, "games"),
        "signzy": operator.create_callback(PARTNER, "fitness"),
    }
    _post(world.simulators_url, "/control/callbacks", {rail: world.api_url + path for rail, path in paths.items()})
    _post(world.simulators_url, "/control/clock", {"offset_seconds": read_offset(table)})
    return Seeded(kept.read_text(), table)


def move_clock(table: Table, simulators_url: str, seconds: int) -> int:
    """Move our test clock and the providers' clock forward together; returns how far ahead of real time they are."""
    offset = read_offset(table) + seconds
    set_offset(table, offset)
    _post(simulators_url, "/control/clock", {"offset_seconds": offset})
    return offset


def _post(simulators_url: str, path: str, body: dict[str, object]) -> None:
    requests.post(simulators_url + path, json=body, timeout=TIMEOUT).raise_for_status()
