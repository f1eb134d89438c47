"""Where alarms are set off: a desk in the local world, the metrics that come of it, and the alarms of the template."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.world import World
from local.world.alarms import Alarm, State, Verdict, alarms_of
from local.world.metrics import NAMESPACES, Watch
from tests.e2e.desk import Desk
from tests.e2e.functions import ALIAS
from tests.e2e.operating import operate
from tests.e2e.stacks import own
from tests.e2e.waiting import wait_until

PATIENT = {"PINBILL_PROVIDER_READ_TIMEOUT": "12"}  # this world's functions wait for three seconds


@dataclass(slots=True)
class Scene:
    """`folder` is for files that an operator's command reads."""

    desk: Desk
    folder: Path
    alarms: Mapping[str, Alarm]
    watch: Watch = field(init=False)

    @classmethod
    def open(cls, desk: Desk, folder: Path) -> Scene:
        """Once nothing is open, due or under way, just after a run and a sweep, as a schedule would have made them."""
        decide_all(desk)  # what other alarms have left open
        until_calm(desk)
        scene = cls(desk, folder, alarms_of(own(desk.world)))
        for mode in ("run", "sweep"):
            assert scene.call("RecurringBillFunction", {"mode": mode})
        return scene

    def __post_init__(self) -> None:
        self.watch = Watch(self.world)

    @property
    def world(self) -> World:
        return own(self.desk.world)

    def call(self, function: str, event: Mapping[str, Any], *, waits: bool = True) -> bool:
        """Call a function by its alias, as its callers do; whether it has not failed."""
        answer = self.world.client("lambda").invoke(
            FunctionName=self.world.outputs[f"{function}Name"],
            Qualifier=ALIAS,
            InvocationType="RequestResponse" if waits else "Event",
            Payload=json.dumps(event).encode(),
        )
        return "FunctionError" not in answer

    def judge(self, name: str) -> Verdict:
        self.watch.gather({query.metric.namespace for query in self.alarms[name].queries} & NAMESPACES)
        return self.alarms[name].judge(self.watch.data, self.watch.now)

    def is_set_off(self, name: str) -> bool:
        return self.judge(name).state is State.ALARM

    def last(self, name: str, cause: Generator[None]) -> None:
        """Let the cause go on from period to period, for as long as the alarm needs and no longer than it looks."""
        alarm = self.alarms[name]
        for _ in range(alarm.range):
            next(cause, None)
            if self.is_set_off(name):
                return
            self.watch.let_pass(alarm.period)
        wait_until(f"{name}: {self.judge(name).reason}", lambda: self.is_set_off(name))


def decide_all(desk: Desk) -> None:
    """Let everything of which nobody knows what became of it have been paid."""
    for row in map(json.loads, operate(desk, "unknowns", "--json").stdout.splitlines()):
        why = ["--evidence", str(len(row["evidence"])), "--by", "jane", "--because", "the provider's report"]
        decided = operate(desk, "decide", row["partner"], row["attempt"], "paid", *why)
        assert decided.returncode == 0, decided.stderr


def until_calm(desk: Desk) -> None:
    """Let everybody be billed who is due by now: whom a run finds, and whom only a sweep does."""
    wait_until("whom runs find to be billed", lambda: _is_calm(desk))
    desk.world.invoke("RecurringBillFunction", {"mode": "sweep"})
    wait_until("whom a sweep has found to be billed", lambda: _is_calm(desk))


def _is_calm(desk: Desk) -> bool:
    """Whether the workers have nothing left, and a run finds nothing to hand out."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    found = desk.world.client("sqs").get_queue_attributes(
        QueueUrl=desk.world.outputs["BillQueueUrl"], AttributeNames=names
    )["Attributes"]
    if any(int(found[name]) for name in names):
        return False
    handed = desk.world.invoke("RecurringBillFunction", {"mode": "run"})
    return not handed["subscriptions"]


type Cause = Callable[[Scene], Generator[None]]
CAUSES: dict[str, Cause] = {}
ON_DATA: set[str] = set()  # alarms on what only AWS measures: set off by data in its form


def sets_off(*alarms: str, by_data: bool = False) -> Callable[[Cause], Cause]:
    """A generator that lets the cause be there, yields when a period may be over, and undoes it when it is closed."""

    def noted(cause: Cause) -> Cause:
        for alarm in alarms:
            assert alarm not in CAUSES, alarm
            CAUSES[alarm] = cause
            if by_data:
                ON_DATA.add(alarm)
        return cause

    return noted
