"""Where a drill takes place: the deployed stack, the lossy way to its table, and the shipped parts to read it with."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from local.drill.errors import DrillError
from local.drill.processes import Processes
from local.drill.proxy import LossyProxy
from local.journey.actors import BackOffice, Partner
from local.seed import PARTNER, move_clock, seed
from local.world import Ports, World, WorldError
from local.world.environment import local_credentials
from local.world.ports import HOST
from ops.operator import Operator
from pinbill.domain.catalog import RailName
from pinbill.domain.slots import cycle
from pinbill.entrypoints.work_queue import SqsQueue
from pinbill.parts import Parts
from pinbill.store.table import Table
from pinbill.usecases.due_streams import Mark, renewals
from pinbill.usecases.ports.due import Indexes
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock

CATALOG = Path(__file__).with_name("catalog.json")
PLANS = {RailName.INFOMEDIA: "phone-weekly", RailName.SIGNZY: "bank-weekly"}
PARAMETERS = {
    # The drill itself says when the dispatcher runs, twice at once and out of turn.
    "BillingScheduleState": "DISABLED",
    "AuthorizerCacheSeconds": "300",
    # Faster than this machine bills: pacing is not what is drilled.
    "InfomediaRatePerSecond": "100",
    "SignzyRatePerSecond": "100",
    # A provider that does not answer holds up the drill for a moment only.
    "ProviderReadTimeout": "3",
    "WorkerProviderReadTimeout": "3",
    # Some are left waiting for a kill, a timeout or a lost answer most of the time.
    "BillWorkerMaximumConcurrency": "6",
}
# The template's 720 seconds would put every redelivery beyond the drill's end. Shorter than many a batch takes, it also
# hands a group out again while its first worker is still billing it.
VISIBILITY_SECONDS = 6
_UNSENT = ("queued", "sending")
_FAR = timedelta(days=3650)
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(slots=True)
class Arena:
    """One running world under the drill's hands."""

    world: World
    proxy: LossyProxy
    processes: Processes
    office: BackOffice
    partner: Partner
    table: Table
    store: Store
    clock: Clock
    indexes: Indexes
    queue: SqsQueue
    drained_at: datetime | None = None  # what was due by then is done; what became due since then need not be

    def move(self, seconds: float) -> None:
        """Move our clock and the providers' forward together."""
        move_clock(self.table, self.world.simulators_url, max(1, round(seconds)))

    def dispatch(self, mode: str) -> None:
        """Run the dispatcher (`run` or `sweep`) once; a run that was killed or found no table is not repeated here."""
        with suppress(WorldError):
            self.world.invoke("RecurringBillFunction", {"mode": mode})

    def is_due(self, at: datetime) -> bool:
        """Whether anything that was to be woken by then still waits."""
        following = self.next_due()
        return following is not None and following <= at

    def next_due(self) -> datetime | None:
        """When the next subscription is to be woken, or was to be."""
        return min((at for rail in RailName for at in self._moments(rail)), default=None)

    def _moments(self, rail: RailName) -> Iterator[datetime]:
        """The earliest of each place where what is due may be found."""
        now, due, slots = self.clock.now(), self.indexes.due, self.indexes.slots
        cohorts = slots.cohorts(rail)
        for partner in {cohort.partner for cohort in cohorts}:
            for shard in range(due.shards):
                yield from (row.at for row in due.rows(rail, partner, shard, None, now + _FAR, 1))
        for cohort, since in cohorts.items():
            passed = {row.subscription_id: row.at for row in renewals(slots, cohort, Mark(since), now)}
            # A bill behind an open payment waits with it, and comes up by its row in the due index.
            unbilled = slots.unbilled(cohort.partner, passed)
            free = (id for id in unbilled if self.store.subscription(cohort.partner, id).open_attempt is None)
            yield from (passed[id] for id in free)
            ahead = renewals(slots, cohort, Mark.behind_all(now), now + cycle(cohort.recurrence))
            yield from (row.at for row in islice(ahead, 1))

    def wait_for_queue(self, seconds: float) -> None:
        """Return once every message was taken and done with; raises DrillError after so many seconds."""
        until = time.monotonic() + seconds
        while self._messages(self.world.outputs["BillQueueUrl"]):
            self.world.require_running()
            if time.monotonic() > until:
                raise DrillError(f"the billing queue was not empty after {seconds:.0f} s")
            time.sleep(0.2)

    def wait_for_callbacks(self, seconds: float) -> None:
        """Return once the providers have sent every callback that is due; raises DrillError after so many seconds."""
        until = time.monotonic() + seconds
        while any(row["state"] in _UNSENT for row in self.office.get("/control/callbacks/log")["deliveries"]):
            if time.monotonic() > until:
                raise DrillError(f"callbacks were not sent within {seconds:.0f} s")
            time.sleep(0.1)

    def dead_letters(self) -> int:
        """How many groups were given up by the queue; the sweep finds what was in them."""
        return self._messages(self.world.outputs["BillDeadLetterQueueUrl"])

    def _messages(self, url: str) -> int:
        answer = self.world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)


@contextmanager
def arena(
    home: Path, seed_number: int, parameters: Mapping[str, str] = PARAMETERS, catalog: Path = CATALOG
) -> Iterator[Arena]:
    """Start a world of its own, its state and logs below `home`; whatever was started is stopped by its pid."""
    ports = Ports.free()
    proxy = LossyProxy(home, f"http://{HOST}:{ports.aws}", _port_beside(ports), seed_number)
    with ExitStack() as stack:
        world = stack.enter_context(World(home, ports, {**parameters, "AwsEndpoint": proxy.url}))
        stack.callback(proxy.stop)
        proxy.start()
        stack.enter_context(_environment(_variables(world) | local_credentials(world.aws.url)))
        yield _furnish(world, proxy, catalog)


def _port_beside(taken: Ports) -> int:
    while (found := Ports.free().aws) in (taken.aws, taken.simulators):
        continue
    return found


def _furnish(world: World, proxy: LossyProxy, catalog: Path) -> Arena:
    seeded = seed(world)
    Operator(seeded.table).apply(catalog)
    office = BackOffice(world.simulators_url)
    office.post("/control/callbacks", infomedia_charge_webhook=True)
    sqs, queue_url = world.client("sqs"), world.outputs["BillQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})
    names = {key.removesuffix("Name"): name for key, name in world.outputs.items() if key.endswith("FunctionName")}
    parts = Parts(os.environ)
    return Arena(
        world=world,
        proxy=proxy,
        processes=Processes(world.aws.pid, names),
        office=office,
        partner=Partner(world.api_url, seeded.key),
        table=seeded.table,
        store=parts.store,
        clock=parts.clock,
        indexes=parts.indexes,
        queue=SqsQueue(sqs, queue_url),
    )


def _variables(world: World) -> dict[str, str]:
    """What a deployed function is given, but straight to the local AWS: the drill's own looks are not disturbed."""
    found = world.client("lambda").get_function_configuration(FunctionName=world.outputs["PinConfirmFunctionName"])
    variables: dict[str, Any] = found["Environment"]["Variables"]
    # What the parts report in this process is not the stack's log.
    return variables | {"PINBILL_AWS_ENDPOINT": world.aws.url, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Run with these variables, as a function does; then with what was there before."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


__all__ = ["PARTNER", "PLANS", "VISIBILITY_SECONDS", "Arena", "arena"]
