"""A bad night in the world of the tests: a plan of its own, and its section of docs/runbook.md, typed as printed."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from local.pages import Call, blocks_of
from local.seed import desk_of, ensure_partner
from local.world import Deployed, WorldError
from local.world.environment import ROOT
from ops.operator import Operator
from pinbill.store.stops import DynamoStops
from pinbill.store.table import Table
from tests.e2e.desk import DESKS, Desk, only_key, provider_credentials
from tests.e2e.pages import type_as_printed
from tests.e2e.stacks import own
from tests.e2e.waiting import act_until

RUNBOOK = ROOT / "docs" / "runbook.md"
PARTNER, SERVICE = "lumen", "games"
HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
RUNS_WITHOUT_WAITING, MISSED = 15, 360  # runs; seconds
SERVICES = [
    {
        "partner": PARTNER,
        "id": SERVICE,
        "rail": "infomedia",
        "name": "Lumen Games",
        "product_id": 92000301,
        "billing_product_id": 91000301,
    }
]


def open_desk(deployed: Deployed) -> Desk:
    """The desk of the partner whose plans have the bad nights."""
    world = own(deployed)
    table = Table(world.client("dynamodb"), world.outputs["TableName"])
    access = desk_of(table, world.stage)
    ensure_partner(access, PARTNER)
    desk = Desk(world, table, Operator(table), access, only_key(access, PARTNER), "", partner=PARTNER)
    desk.secrets += [desk.key, *provider_credentials(world)]
    DESKS.append(desk)
    return desk


def titles() -> list[str]:
    """The nights that the runbook has."""
    return re.findall(r"^### (.+)$", _nights(), re.MULTILINE)


def _nights() -> str:
    return RUNBOOK.read_text().split("\n## Bad nights\n")[1].split("\n## ")[0]


@dataclass(slots=True)
class Night:
    """What happens is the rehearsal's; what is typed, and what comes of it, is the page's, block after block."""

    desk: Desk
    title: str
    folder: Path
    blocks: Iterator[list[Call]] = field(init=False)

    def __post_init__(self) -> None:
        section = _nights().split(f"\n### {self.title}\n")[1].split("\n### ")[0]
        self.blocks = blocks_of(section)

    def type(self, **variables: str) -> None:
        """The section's next block."""
        type_as_printed(next(self.blocks), self.desk.world, self.desk.key, **variables)

    @property
    def stops(self) -> DynamoStops:
        """What is stopped, as it is at this moment."""
        return DynamoStops(self.desk.table, time.monotonic)

    def ends(self) -> None:
        """All blocks were typed."""
        assert not list(self.blocks)

    # --- what a night needs to happen

    def falls(self) -> None:
        """It is two o'clock: a day of bills ends at midnight, and no night is to lie across it."""
        now = self.desk.now()
        two = now.replace(hour=2, minute=0, second=0, microsecond=0)
        self.desk.move_clock(int((two - now).total_seconds()) % DAY)

    def morning_comes(self) -> None:
        """Nothing stays stopped, nothing faulty and nobody subscribed, however the night went."""
        self.desk.office.delete("/control/faults")
        for standing in list(self.stops.standing()):
            self.stops.lift(standing.scope)
        self.desk.leave()

    def sell(self, plan: str, price: str = "4.50", **more: Any) -> Path:
        """Put a weekly plan into the catalog; the file that says so."""
        file = self.folder / f"{plan}-{price}.json"
        named = {"partner": PARTNER, "id": plan, "service": SERVICE, "name": "Lumen Games"}
        every = {"every": {"unit": "week"}, "zone": "Europe/London", "countries": ["44"]}
        sold = {**named, "price": {"amount": price, "currency": "GBP"}, **every, **more}
        file.write_text(json.dumps({"services": SERVICES, "plans": [sold]}))
        self.desk.operator.apply(file)
        return file

    def subscribed(self, plan: str, count: int) -> list[str]:
        """So many numbers by the first bill of each."""
        return [self.desk.active(plan) for _ in range(count)]

    def run(self) -> None:
        """The schedule's next run; what one that failed left undone, the one after it does."""
        with suppress(WorldError):
            self.desk.world.invoke("RecurringBillFunction", {"mode": "run"})

    def run_until(self, what: str, ids: Sequence[str], wanted: Any) -> None:
        """Runs go on until each subscription is as wanted; a function sees a moved clock up to a second late.

        On a busy machine a bill may miss its call time, and is asked for again minutes later."""
        left, runs = set(ids), itertools.count(1)

        def run() -> None:
            if next(runs) % RUNS_WITHOUT_WAITING == 0:
                self.desk.move_clock(MISSED)
            self.run()

        def all_are() -> bool:
            left.difference_update({id for id in left if wanted(self.desk.read(id))})
            return not left

        act_until(what, run, all_are)

    def unanswered(self, plan: str) -> tuple[str, str]:
        """A subscription whose renewal was debited with the answer lost, and the attempt of which nobody knows."""
        self.sell(plan)
        [id] = self.subscribed(plan, 1)
        self.desk.fault("drop_after_debit", "SendBill", self.msisdn(id))
        self.desk.move_clock(WEEK)
        self.run_until("no answer", [id], lambda now_is: (now_is["open_attempt"] or {}).get("state") == "unknown")
        return id, self.desk.read(id)["open_attempt"]["id"]

    def billed(self, ids: Sequence[str], periods: int) -> None:
        """Runs go on until so many periods of each are settled; then each of them was debited once."""
        self.run_until("their bills", ids, lambda now_is: now_is["periods_settled"] == periods)
        assert {id: len(self.desk.debits(id)) for id in ids} == dict.fromkeys(ids, periods)

    def msisdn(self, id: str) -> str:
        """Whose it is, as the provider was told."""
        return f"+{self.desk.debits(id)[0]['msisdn']}"

    def report(self, attempt: str, event: int, **more: Any) -> None:
        """The provider calls back: 5 for a charge, 31 for a refund."""
        path = self.desk.operator.create_callback(PARTNER, SERVICE)
        self.desk.secrets.append(path.rpartition("/")[2])
        query = {"etid": str(event), "success": "1", "transactionStatus": "00", "pt": attempt, **more}
        answer = requests.get(self.desk.world.api_url + path, params=query, timeout=40)
        assert answer.status_code == 200, answer.text
