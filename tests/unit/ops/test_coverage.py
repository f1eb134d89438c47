"""The coverage command: a month is proved from the table as it is, and what is missing is listed by its id."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, override

import boto3
import pytest
from moto import mock_aws

from ops import __main__ as command_line
from ops.coverage import Month, NotCovered, Proof, as_json, as_text, of_partner
from ops.stack import Stack
from ops.table_scan import Account, accounts, all_accounts, read_again
from pinbill.domain.change import Change
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Timer
from pinbill.errors import StoreUnavailable
from pinbill.store import keys
from pinbill.store.items import from_wire, to_wire
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Delete, Table
from tests.contracts.engines import connect, create_table, fake_dynamodb
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.identities import PlainIdentities
from tests.unit.domain.journals import Played
from tests.unit.domain.samples import BANK, NOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NUMBERS = PlainIdentities()
NOVEMBER = Month(2026, 11)  # that of NOW


class Stored(Played):
    """Played into a table."""

    def __init__(self, store: DynamoStore, id: str, partner: str = "acme") -> None:
        super().__init__(id=id, partner=partner, plan_id=f"plan-{id}".lower())
        self._store = store
        self.subscription = store.create(self.subscription, self.entries[0])

    @override
    def write(self, change: Change | None) -> None:
        super().write(change)
        assert change is not None
        self._store.commit(change)


class Subject:
    """A table on one engine, and a way to read it as a scan does."""

    def __init__(self, table: Table, scanned: Callable[[], Iterator[Account]]) -> None:
        self.table, self.scanned = table, scanned
        self.store = DynamoStore(table, NUMBERS, 1)

    def proof(self, played: Played, month: Month = NOVEMBER, *stops: Stop) -> Proof:
        return Proof(month, played.now, stops, lambda partner, id: read_again(self.store, partner, id))

    def lose(self, id: str, seq: int) -> None:
        self.table.write([Delete(keys.entry("acme", id, seq))], self.table.new_write_id())


@pytest.fixture(params=["fake_dynamodb", "moto"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake_dynamodb":
        engine = fake_dynamodb()
        name = create_table(engine.as_client())
        yield Subject(Table(engine.as_client(), name), lambda: accounts(_sorted(engine, name)))
    else:
        with mock_aws():
            client = connect()
            name = create_table(client)
            yield Subject(Table(client, name), lambda: all_accounts(client, name))
            client.close()


def _sorted(engine: InMemoryDynamoDB, name: str) -> Iterator[dict[str, object]]:
    """All rows by their keys: a scan, which the engine in memory does not play."""
    items = engine.snapshot().tables[name].rows.items
    return (from_wire(items[place]) for place in sorted(items))


def test_a_month_in_which_each_period_has_its_outcome_is_proved(subject: Subject) -> None:
    played = Stored(subject.store, "S0").start().bill()
    for at in range(1, 8):
        played = Stored(subject.store, f"S{at}").start()
        played.bill()

    lines = list(as_text(subject.proof(played), subject.scanned()))

    assert lines[-1] == "2026-11: 8 periods of 8 subscriptions, each with exactly one outcome"
    assert lines[0].split() == ["infomedia", "acme/plan-s0", "1", "paid"]
    assert "+447700" not in "".join(lines)


def test_an_entry_that_was_lost_is_listed_by_its_subscription(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start().bill()
    Stored(subject.store, "S2").start().bill()
    subject.lose("S1", 2)

    said = as_json(subject.proof(played), subject.scanned())

    assert json.loads(next(said)) == {
        "partner": "acme",
        "subscription": "S1",
        "flaw": "hole",
        "what": "journal: 2 is missing",
    }
    assert json.loads(next(said))["what"] == "attempt S1-1: it was claimed, and has no outcome"
    assert json.loads(next(said))["flaw"] == "calendar"
    missing = json.loads(next(said))
    assert (missing["flaw"], missing["what"][:8]) == ("missing", "period 1")
    assert json.loads(next(said))["findings"] == 4
    with pytest.raises(NotCovered):
        next(said)


def test_an_entry_that_its_item_carries_is_not_missing(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start().bill()
    subject.lose("S1", played.subscription.seq)

    proof = subject.proof(played)

    assert list(proof.take(next(subject.scanned()))) == []


def test_what_has_changed_since_the_scan_is_read_again_before_it_is_listed(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start()
    (early,) = subject.scanned()
    played.bill().later(days=2)

    proof = subject.proof(played, Month(2026, 12))

    assert list(proof.take(early)) == []
    assert proof.periods == 1


def test_only_the_partner_that_is_asked_for_is_counted(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start()
    Stored(subject.store, "S2", "rival").start()

    lines = list(as_text(subject.proof(played), of_partner(subject.scanned(), "rival")))

    assert lines[-1] == "2026-11: 1 periods of 1 subscriptions, each with exactly one outcome"


def test_what_is_due_and_stopped_is_no_finding(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start()
    played.now = played.subscription.timers[Timer.BILL]
    played.later(days=9)
    december = Month(2026, 12)

    assert len(list(subject.proof(played, december).take(next(subject.scanned())))) == 1
    stop = Stop(Scope.parse("partner/acme"), "ann", "an incident", NOW)
    assert list(subject.proof(played, december, stop).take(next(subject.scanned()))) == []


def test_both_rails_are_counted_apart(subject: Subject) -> None:
    played = Stored(subject.store, "S1").start()
    bank = Played(BANK, id="S2", partner="acme").start()

    proof = subject.proof(played)
    for account in (Account(played.subscription, played.entries), Account(bank.subscription, bank.entries)):
        assert list(proof.take(account)) == []

    assert [rail for (rail, _, _), _ in proof.counts] == ["infomedia", "signzy"]


class Desk:
    """The command on a table in moto, in which one subscription has all that belongs to it."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.table = Table(client, create_table(client))
        self._played = Stored(DynamoStore(self.table, NUMBERS, 1), "S1").start()

    def typed(self, *arguments: str) -> int:
        environment = {"PINBILL_STAGE": "local", "PINBILL_TABLE": self.table.name, "PINBILL_DUE_SHARDS": "1"}
        stack = Stack(self.table.name, environment | {"PINBILL_PROVIDER_SECRET": "none"})
        return command_line.main(["--stack", "pinbill", "coverage", *arguments], lambda name: stack)

    def lose_an_entry(self) -> None:
        self.table.write([Delete(keys.entry("acme", "S1", self._played.subscription.seq - 1))], "w1")

    def published(self) -> list[tuple[str, float]]:
        """Of this service, each value with its unit."""
        found = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="Pinbill",
            MetricName="CoverageGaps",
            Dimensions=[{"Name": "service", "Value": "pinbill"}],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=7200,
            Statistics=["Maximum"],
        )
        return [(point["Unit"], point["Maximum"]) for point in found["Datapoints"]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    with mock_aws():
        client = connect()
        yield Desk(client)
        client.close()


def test_the_command_ends_with_one_when_something_is_missing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.typed("--month", "2026-11", "--json") == 0
    desk.lose_an_entry()
    capsys.readouterr()
    assert desk.typed("--month", "2026-11") == 1

    assert capsys.readouterr().out.splitlines()[0].startswith("HOLE  partner acme, subscription S1: journal: ")
    assert desk.published() == []  # which only --publish does


def test_a_month_without_a_gap_is_published_as_none(desk: Desk) -> None:
    assert desk.typed("--month", "2026-11", "--publish") == 0

    assert desk.published() == [("Count", 0)]


def test_gaps_are_published_and_listed_all_the_same(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.lose_an_entry()

    assert desk.typed("--month", "2026-11", "--json", "--publish") == 1

    *findings, month = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(findings) == month["findings"] > 0
    assert desk.published() == [("Count", month["findings"])]


def test_a_table_that_was_not_read_to_its_end_publishes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(client: object, table: str) -> Iterator[Account]:
        raise StoreUnavailable

    monkeypatch.setattr(command_line, "all_accounts", breaks)

    assert desk.typed("--month", "2026-11", "--publish") == 1

    assert desk.published() == []


def test_one_partners_gaps_are_not_published_as_everybodys(desk: Desk) -> None:
    with pytest.raises(SystemExit):
        desk.typed("--month", "2026-11", "--partner", "acme", "--publish")

    assert desk.published() == []


def test_a_table_that_cannot_be_read_proves_nothing() -> None:
    with mock_aws():
        client = connect()
        with pytest.raises(StoreUnavailable, match="nothing is proved"):
            list(all_accounts(client, "none"))
        client.close()


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "26-01", "x"])
def test_what_is_no_month_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--stack", "pinbill", "coverage", "--month", text])
    assert "a month, as in 2026-10" in capsys.readouterr().err


def test_rows_that_are_of_no_subscription_are_passed_over() -> None:
    other = to_wire({"pk": "P#acme", "sk": "PLAN#x"})
    assert list(accounts([from_wire(other)])) == []
