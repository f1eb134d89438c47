"""What the counts of PINs cost and hold: three write units at most, rows below a kilobyte, no number, an end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse, Sent, Tried
from pinbill.domain.pin_guards import CELLS, DAY, Guards, Step, down, partner_tally, prefix_tally, up
from pinbill.errors import StoreUnavailable
from pinbill.store.items import to_wire
from pinbill.store.numbers import Numbers
from pinbill.store.table import Table
from pinbill.store.tallies import DynamoTallies
from pinbill.usecases.pin_guard import Asker, PinGuard
from tests.fakes.clock import START, FakeClock
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.units import WRITE_UNIT
from tests.unit.store.scripted_client import ScriptedClient, refused

NUMBERS = Numbers(lambda: b"a key for tests")
NUMBER = Msisdn("+447700900123")
STEP = Step("u", 100, 1_000)


def tallies_on(table: Table) -> DynamoTallies:
    return DynamoTallies(table, NUMBERS, START.timestamp)


def scripted(*answers: Any) -> tuple[DynamoTallies, ScriptedClient]:
    client = ScriptedClient(*answers)
    return tallies_on(Table(client, "counters")), client  # type: ignore[arg-type]


def rows(table: Table, *keys: tuple[str, str]) -> list[dict[str, Any]]:
    found = [table.get({"pk": pk, "sk": sk}) for pk, sk in keys]
    assert all(found)
    return [row for row in found if row]


NUMBER_ROW = (f"NUMBER#{NUMBERS.fingerprint(NUMBER)}", "NUMBER")
PREFIX_ROW = ("PREFIX#acme#447700", prefix_tally("acme", NUMBER, START).begin.date().isoformat())
PARTNER_ROW = ("PARTNER#acme", "2026-11-05")


class CountingClient:
    """Hands calls on, and remembers which."""

    def __init__(self, client: Any) -> None:
        self._client, self.made = client, list[str]()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.made.append(name)
        return getattr(self._client, name)


def test_a_pin_request_costs_three_writes_and_two_reads_with_an_address_or_without(table: Table) -> None:
    client = CountingClient(table._client)
    counted = Table(client, table.name)  # type: ignore[arg-type]
    guard = PinGuard(tallies_on(counted), Guards(), lambda partner: {}, FakeClock(), RecordingTelemetry())

    for address in (None, "192.0.2.1"):
        client.made.clear()
        guard.send(Asker("acme", "news", NUMBER, address))
        assert sorted(client.made) == ["get_item", "get_item", "put_item", "update_item", "update_item"]

    client.made.clear()
    guard.attempt(Asker("acme", "news", NUMBER))
    assert sorted(client.made) == ["get_item", "put_item"]


def test_the_fullest_rows_fit_into_a_write_unit(table: Table) -> None:
    tallies, guards = tallies_on(table), Guards()
    partner = "p" * 16
    full = NumberUse(
        tuple(Sent(START, partner, "abcd", counts=True) for _ in range(guards.sms_a_number)),
        tuple(Tried(START, partner, 1, 9_999) for _ in range(guards.tries_a_number)),
    )
    tallies.put_number(NUMBER, full)
    for _ in range(3):
        for block in range(100):
            number = Msisdn(f"+447700{block:02}0123")
            tallies.add(prefix_tally(partner, number, START), down(guards, number, None, confirmed=True)[0][1:])
        for cell in range(CELLS):
            tallies.add(partner_tally(partner, START), down(guards, NUMBER, cell, confirmed=True)[1][1:])
    tallies.add(partner_tally(partner, START), [Step("n", 1_000_000, 9_000_000), Step("u", -1_000_000, -9_000_000)])

    prefix_row, partner_row = (f"PREFIX#{partner}#447700", PREFIX_ROW[1]), (f"PARTNER#{partner}", "2026-11-05")
    for row in rows(table, NUMBER_ROW, prefix_row, partner_row):
        assert item_size(to_wire(row)) <= WRITE_UNIT


def test_no_row_holds_a_number_or_an_address_and_each_has_an_end(table: Table) -> None:
    guard = PinGuard(tallies_on(table), Guards(), lambda partner: {}, FakeClock(), RecordingTelemetry())
    guard.send(Asker("acme", "news", NUMBER, "192.0.2.1"))
    guard.attempt(Asker("acme", "news", NUMBER, "192.0.2.1"))

    found = rows(table, NUMBER_ROW, PREFIX_ROW, PARTNER_ROW)

    text = repr(found)
    assert not [part for part in ("4477009", "7700900", "900123", "192.0.2") if part in text]
    assert [row["ttl"] - int(START.timestamp()) for row in found[:1]] == [25 * 3600]
    assert all(START + DAY < datetime.fromtimestamp(row["ttl"], UTC) < START + 5 * DAY for row in found[1:])


@pytest.mark.parametrize("failure", [refused("ThrottlingException"), refused("InternalServerError", 500)])
def test_a_count_is_made_once_and_what_is_not_known_refuses(failure: Exception) -> None:
    tallies, client = scripted(failure)

    with pytest.raises(StoreUnavailable):
        tallies.add(partner_tally("acme", START), [STEP])

    assert [name for name, _ in client.calls] == ["update_item"]


def test_an_answer_that_is_lost_refuses_too() -> None:
    tallies, _ = scripted(ReadTimeoutError(endpoint_url="x"))

    with pytest.raises(StoreUnavailable):
        tallies.add(partner_tally("acme", START), [STEP])


def test_a_number_is_counted_once_although_the_answer_was_lost(table: Table) -> None:
    tallies = tallies_on(table)
    first = NumberUse((Sent(START, "acme", "abcd"),))
    assert tallies.put_number(NUMBER, first)

    again = replace(tallies.number(NUMBER), sent=(*first.sent, Sent(START + timedelta(seconds=1), "acme", "abcd")))

    assert tallies.put_number(NUMBER, again)
    assert tallies.number(NUMBER) == replace(again, version=2)


def test_a_step_up_asks_for_nothing_that_an_empty_row_would_not_let_go() -> None:
    tallies, client = scripted({"Attributes": {}})

    tallies.add(partner_tally("acme", START), up(Guards(), NUMBER, 7, counts=True)[1])

    ((_, asked),) = client.calls
    assert asked["UpdateExpression"] == "ADD #n0 :by0, #n1 :by1, #n2 :by2 SET #ttl = :gone"
    assert asked["ConditionExpression"].count("attribute_not_exists") == 3
