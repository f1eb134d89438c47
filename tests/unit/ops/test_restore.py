"""The table is made again out of a copy and the logs: nothing older goes over what is newer, nothing is done twice."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops import __main__ as command_line
from ops.redo_lines import Wanted
from ops.restoring import Made, step
from pinbill.domain.ending import When
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Subscription
from pinbill.store import keys
from pinbill.store.redo import LINE, RedoLog
from pinbill.store.stops import DynamoStops
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import ABSENT, Delete, Put, Table, equals
from tests.contracts.engines import create_table
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER
from tests.integration.store.conftest import Journey, journey_on
from tests.unit.ops.installation import Installation

SINCE = "2020-01-01T00:00Z"
GROUP, STREAM = "/it/bill_worker", "one"
type Run = Callable[..., str]


class Night:
    """An installation whose functions write redo lines, until its table is lost."""

    def __init__(self) -> None:
        self.place = Installation()
        self.lines: list[str] = []
        self.redo = RedoLog(self.lines.append)
        table = Table(self.place.client, self.place.table.name, written=self.redo.note)
        self.journey: Journey = journey_on(DynamoStore(table, self.place.identities(), 1))
        self.copy = ""

    def subscribed(self, id: str, number: int) -> Subscription:
        return self.journey.subscribed(id, number)

    def backed_up(self) -> None:
        """A copy of the table, as point-in-time recovery makes one."""
        self.redo.flush()
        self.copy = create_table(self.place.client)
        for row in self.place.image():
            self.place.client.put_item(TableName=self.copy, Item=row)

    def lost(self, *, also: Callable[[str], bool] = lambda line: False) -> Sequence[Mapping[str, Any]]:
        """All rows are gone, and `also` these lines; returns what the table held. Billing is stopped."""
        self.redo.flush()
        held = self.place.image()
        self.place.bring_back([])
        DynamoStops(self.place.table, time.monotonic).put(Stop(Scope(), "ann", "the table is lost", START))
        logs = boto3.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
        at = int(time.time() * 1000)
        events: Any = [{"timestamp": at, "message": line} for line in self.lines if not also(line)]
        events.append({"timestamp": at, "message": '{"message": "AttemptSettled"}'})
        logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)
        return held

    def held(self) -> list[str]:
        """All rows but the stop, in a form to compare."""
        return _sorted(self.place.image())


def _sorted(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows if row["pk"]["S"] != keys.STOPS)


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    with mock_aws():
        night = Night()
        yield night
        night.place.client.close()


@pytest.fixture
def run(night: Night, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*arguments: str, fails: bool = False) -> str:
        given = ["--stack", "it", "restore", night.copy, "--since", SINCE, *arguments]
        code = command_line.main(given, lambda name: night.place.stack)
        printed = capsys.readouterr()
        assert code == int(fails), printed
        return printed.err if fails else printed.out

    return typed


def _live(night: Night) -> None:
    """Before the copy: three subscriptions, one of them billed. After it: bills, a cancel, a charge, a new one."""
    one, two, _ = (night.subscribed(f"SUB{n}", n) for n in (1, 2, 3))
    night.journey.worker.wake(PARTNER, one.id)
    night.backed_up()
    night.journey.worker.wake(PARTNER, two.id)
    night.redo.flush()
    night.journey.cancel(PARTNER, one.id, When.NOW, "user")
    night.redo.flush()
    night.subscribed("SUB4", 4)


def test_everything_that_was_written_after_the_copy_is_there_again(night: Night, run: Run) -> None:
    _live(night)
    held = night.lost()

    said = run("--apply")

    assert night.held() == _sorted(held)
    assert "GAP" not in said
    assert "LOST" not in said


def test_a_second_run_finds_nothing_to_be_done(night: Night, run: Run) -> None:
    _live(night)
    night.lost()
    run("--apply")
    held = night.held()

    said = run("--apply")

    assert "nothing was to be done" in said
    assert night.held() == held


def test_without_being_told_to_it_changes_nothing(night: Night, run: Run) -> None:
    _live(night)
    night.lost()

    said = run()

    assert night.held() == []
    assert "nothing was changed: --apply does it" in said


def test_rows_of_the_copy_that_were_brought_back_as_they_are_are_brought_up_to_date(night: Night, run: Run) -> None:
    _live(night)
    held = night.lost()
    for row in night.place.client.scan(TableName=night.copy)["Items"]:
        night.place.client.put_item(TableName=night.place.table.name, Item=row)

    said = run("--apply")

    assert night.held() == _sorted(held)
    assert "older, written over" in said
    assert "deleted since the copy" in said  # the number of the cancelled one


def test_what_the_table_has_in_a_newer_state_stays(night: Night, run: Run) -> None:
    one = night.subscribed("SUB1", 1)
    night.backed_up()
    night.journey.worker.wake(PARTNER, one.id)
    night.subscribed("SUB2", 2)
    held = night.lost(also=lambda line: LINE in line)  # no line at all
    for row in held:
        night.place.client.put_item(TableName=night.place.table.name, Item=row)

    said = run("--apply")

    assert night.held() == _sorted(held)
    assert "nothing was to be done" in said


def test_a_line_that_is_lost_leaves_a_gap_or_a_subscription_of_which_only_the_key_is_known(
    night: Night, run: Run
) -> None:
    one, _ = (night.subscribed(f"SUB{n}", n) for n in (1, 2))
    night.backed_up()
    before = len(night.lines)
    night.journey.worker.wake(PARTNER, one.id)
    night.subscribed("SUB3", 3)
    night.redo.flush()
    lost = night.lines[before]
    night.journey.cancel(PARTNER, one.id, When.NOW, "user")
    night.lost(also=lambda line: line == lost)

    said = run("--apply")

    assert f"GAP   partner {PARTNER}, subscription SUB1: what was written after version" in said
    assert f"LOST  partner {PARTNER}, subscription SUB3" in said
    assert not night.place.now(one).is_live  # the cancel is not lost with it


@pytest.mark.parametrize(("lines_are_lost", "debits"), [(False, 1), (True, 2)], ids=["with lines", "without"])
def test_it_is_the_lines_that_keep_a_bill_from_being_taken_twice(
    night: Night, run: Run, lines_are_lost: bool, debits: int
) -> None:
    one = night.subscribed("SUB1", 1)
    night.backed_up()
    night.journey.worker.wake(PARTNER, one.id)
    night.lost(also=lambda line: lines_are_lost)

    run("--apply")
    night.journey.worker.wake(PARTNER, one.id)

    assert len(night.journey.phone.ledger) == debits


def test_a_bookmark_goes_back_so_that_what_is_due_again_is_read_again(night: Night, run: Run) -> None:
    table = night.place.table
    table.write([Put({"pk": "BOOKMARK#run#infomedia", "sk": "acme#0", "position": "1"})], "W1")
    night.backed_up()
    table.write([Put({"pk": "BOOKMARK#run#infomedia", "sk": "acme#0", "position": "9"})], "W2")
    table.write([Put({"pk": "BOOKMARK#audit#signzy", "sk": "new", "position": "9"})], "W3")
    DynamoStops(table, time.monotonic).put(Stop(Scope(), "ann", "a row is lost", START))
    boto3.client("logs").create_log_group(logGroupName=GROUP)

    run("--apply")

    assert (table.get({"pk": "BOOKMARK#run#infomedia", "sk": "acme#0"}) or {})["position"] == "1"
    assert table.get({"pk": "BOOKMARK#audit#signzy", "sk": "new"}) is None


def test_a_damaged_line_is_named_and_nothing_is_changed(night: Night, run: Run) -> None:
    _live(night)
    night.redo.flush()
    night.lines[-1] = night.lines[-1][:80] + '"}'
    night.lost()

    said = run("--apply", fails=True)

    assert said.startswith(f"redo_unreadable: Of {GROUP}: ")
    assert night.held() == []


def test_while_billing_goes_on_nothing_is_written(night: Night, run: Run) -> None:
    _live(night)
    night.lost()
    DynamoStops(night.place.table, time.monotonic).lift(Scope())

    assert run("--apply", fails=True).startswith("billing_goes_on: ")
    assert night.held() == []


def test_the_stacks_own_table_is_no_copy_of_itself(night: Night, run: Run) -> None:
    night.copy = night.place.table.name
    assert "is the stack's own table" in run("--apply", fails=True)


PLACE = ("P#acme#S#SUB1", "SUB")
KEY = {"pk": PLACE[0], "sk": PLACE[1]}
NEW = {**KEY, "version": 5, "write_id": "W5"}


@pytest.mark.parametrize(
    ("wanted", "present", "made", "action"),
    [
        (Wanted(PLACE, NEW), None, Made.PUT_BACK, Put(NEW, ABSENT)),
        (Wanted(PLACE, None), None, Made.THERE, None),
        (Wanted(PLACE, NEW), NEW, Made.THERE, None),
        (
            Wanted(PLACE, NEW),
            {**KEY, "version": 4, "write_id": "W4"},
            Made.WRITTEN_OVER,
            Put(NEW, equals("write_id", "W4")),
        ),
        (Wanted(PLACE, NEW), {**KEY, "version": 6, "write_id": "W6"}, Made.STAYS, None),
        (Wanted(PLACE, NEW), {**KEY, "version": 5, "write_id": "other"}, Made.STAYS, None),
        (
            Wanted(PLACE, None, frozenset({"W1"})),
            {**KEY, "write_id": "W1"},
            Made.DELETED,
            Delete(KEY, equals("write_id", "W1")),
        ),
        (Wanted(PLACE, None, frozenset({"W1"})), {**KEY, "write_id": "W2"}, Made.STAYS, None),
    ],
    ids=["gone", "gone for good", "there", "older", "newer", "as new", "deleted", "taken anew"],
)
def test_a_row_is_written_only_over_what_is_known_to_be_older(
    wanted: Wanted, present: Mapping[str, Any] | None, made: Made, action: Any
) -> None:
    assert step(wanted, present) == (made, action)
