"""Deletes what earlier uses of an event have left, and makes its subscription anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from local.events.fixtures import FIXTURES, Fixture
from local.events.running_world import RunningWorld
from local.events.workbench import MANDATE_MAXIMUM, PARTNER, Workbench, parts_of
from local.journey.actors import BackOffice
from local.seed import BY, STAGE, desk_of, ensure_partner
from ops.operator import Operator
from pinbill.domain.key_text import KeyText, digest
from pinbill.domain.msisdn import Msisdn
from pinbill.store import keys
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.holds import HOLDER
from pinbill.store.keys import Key
from pinbill.store.numbers import Numbers
from pinbill.store.table import Delete, Table

CATALOG = Path(__file__).parent / "catalog.json"
# Known to everybody: they open a world that listens on loopback only. The key is that of a partner who has nothing.
KEYHOLDER = "events"
PARTNER_KEY = KeyText.of(STAGE, "events0000", "keyOfTheLocalWorldForEveryBody")
CALLBACK_TOKENS = {"events-phone": "events-phone-callback", "events-bank": "events-bank-callback"}
_PLENTY = 100_000  # pence


class Preparation:
    """Of one running local world. Raises PinbillError or requests' errors where a part of it does not answer."""

    def __init__(self, world: RunningWorld) -> None:
        self._world = world
        self._parts = parts_of(world)
        self._table: Table = self._parts.table
        self._office = BackOffice(world.simulators_url)
        self._numbers = Numbers(self._parts.credentials.number_key)
        self._apply_catalog()

    def make(self, event: str) -> None:
        """Make what the event of this name needs; nothing for an event that needs nothing."""
        fixture = FIXTURES.get(event)
        if fixture is None:
            return
        self._clear(fixture)
        self._simulate(fixture)
        who = (fixture.id, fixture.plan, fixture.msisdn, fixture.mandate)
        fixture.bring(Workbench(self._world.simulators_url, self._parts, *who, ago=fixture.ago))

    def _apply_catalog(self) -> None:
        desk = desk_of(self._table, STAGE)
        for partner in (PARTNER, KEYHOLDER):
            ensure_partner(desk, partner)
        if desk.partners.by_key(PARTNER_KEY.id) is None:
            replace(desk, new_key=lambda stage: PARTNER_KEY).create_key(KEYHOLDER, BY)
        Operator(self._table).apply(CATALOG)
        writer = CatalogWriter(self._table)
        for id, token in CALLBACK_TOKENS.items():
            service = self._parts.catalog.service(PARTNER, id)
            writer.put_service(replace(service, callback_hash=digest(token)))

    def _clear(self, fixture: Fixture) -> None:
        """Delete the subscription, and the one that the event itself has made for the number or the mandate."""
        fingerprint = self._numbers.fingerprint(Msisdn.parse(fixture.msisdn))
        held = [keys.number(PARTNER, fingerprint, fixture.plan)]
        if fixture.mandate:
            held.append(keys.mandate(PARTNER, self._numbers.of_mandate(str(fixture.mandate))))
        ids = {fixture.id}
        for key in held:
            row = self._table.get(key)
            if row:
                ids.add(str(row[HOLDER]))
                self._delete(key)
        for id in ids:
            rows = self._table.query("pk = :pk", {"pk": keys.subscription_pk(PARTNER, id)})
            for row in list(rows):
                self._delete({"pk": row["pk"], "sk": row["sk"]})

    def _delete(self, key: Key) -> None:
        self._table.write([Delete(key)], self._table.new_write_id())

    def _simulate(self, fixture: Fixture) -> None:
        """Give the simulated user money again, its number or mandate its whole fate, and the bank its mandate."""
        self._office.post(f"/handset/{fixture.msisdn}/balance", amount=_PLENTY)
        self._office.post(f"/handset/{fixture.msisdn}/bar", barred=False)
        self._office.post("/control/magic/rearm", msisdn=fixture.msisdn)
        if fixture.mandate is None:
            return
        self._office.post("/control/magic/rearm", mandate=fixture.mandate)
        known = {row["subReferenceId"]: row["status"] for row in self._office.get("/control/mandates")["mandates"]}
        if fixture.mandate not in known:
            rupees = MANDATE_MAXIMUM.minor // 100
            self._office.post("/control/mandates", subReferenceId=fixture.mandate, maxAmount=rupees)
        elif known[fixture.mandate] != "ACTIVE":
            self._office.post(f"/control/mandates/{fixture.mandate}/status", status="ACTIVE")
