"""What the local world has besides the stack: a partner with a key, its catalog, callback paths, one time for all."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from local.world import Deployed
from ops.operator import Operator
from ops.partner_desk import PartnerDesk, Signature
from pinbill.domain.key_text import KeyText
from pinbill.domain.partners import MOST_LIVE_KEYS
from pinbill.errors import PartnerExists
from pinbill.store.clocks import SystemClock, read_offset, set_offset
from pinbill.store.kms import Kms
from pinbill.store.partners import DynamoPartners
from pinbill.store.secret_box import SealedSecretBox
from pinbill.store.table import Table
from pinbill.store.wrapping_keys import WrappingKeys
from pinbill.usecases.ports.webhooks import SecretBox

CATALOG = Path(__file__).parent / "catalog.json"
PARTNER = "acme"
STAGE = "local"
BY = Signature("the local world")
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Seeded:
    """The partner's key, and the table under the operator's hands."""

    key: str
    table: Table


def desk_of(table: Table, stage: str) -> PartnerDesk:
    return PartnerDesk(DynamoPartners(table), SystemClock(), stage)


def secret_box(world: Deployed) -> SecretBox:
    """How the stack keeps signing secrets."""
    table = Table(world.client("dynamodb"), world.outputs["KeyTableName"])
    kms = Kms(world.outputs["KmsKeyArn"], lambda: world.client("kms"))
    wrapping = WrappingKeys(table, kms, time.monotonic, time.time)
    return SealedSecretBox(lambda: wrapping)


def ensure_partner(desk: PartnerDesk, id: str) -> None:
    """Make the partner, unless it is there."""
    with suppress(PartnerExists):
        desk.create(id, id.capitalize(), BY)


def seed(world: Deployed) -> Seeded:
    """Make the partner, its key once for a state folder, and its catalog; point the providers' callbacks at us."""
    table = Table(world.client("dynamodb"), world.outputs["TableName"])
    desk, operator = desk_of(table, world.stage), Operator(table)
    ensure_partner(desk, PARTNER)
    operator.apply(CATALOG)
    key = kept_key(desk, world.home / "state" / "partner_key")
    paths = {
        "infomedia": operator.create_callback(PARTNER, "games"),
        "signzy": operator.create_callback(PARTNER, "fitness"),
    }
    _post(world.simulators_url, "/control/callbacks", {rail: world.api_url + path for rail, path in paths.items()})
    _post(world.simulators_url, "/control/clock", {"offset_seconds": read_offset(table)})
    return Seeded(key, table)


def kept_key(desk: PartnerDesk, file: Path) -> str:
    """The key that the file keeps, or a new one when that opens nothing: somebody may have rotated or revoked it."""
    kept = KeyText.parse(file.read_text()) if file.exists() else None
    live = desk.partners.partner(PARTNER).live_keys(desk.clock.now())
    if kept is not None and any(key.hash == kept.hash for key in live):
        return kept.text
    if len(live) == MOST_LIVE_KEYS:
        desk.revoke(live[0].id, Signature(BY.by, "it needs a key that it knows"))
    made = desk.create_key(PARTNER, BY, "tour")
    file.touch(0o600)
    file.write_text(made.text)
    return made.text


def move_clock(table: Table, simulators_url: str, seconds: int) -> int:
    """Move our test clock and the providers' clock forward together; returns how far ahead of real time they are."""
    offset = read_offset(table) + seconds
    set_offset(table, offset)
    _post(simulators_url, "/control/clock", {"offset_seconds": offset})
    return offset


def _post(simulators_url: str, path: str, body: dict[str, object]) -> None:
    requests.post(simulators_url + path, json=body, timeout=TIMEOUT).raise_for_status()
