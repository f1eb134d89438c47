"""Faults of the DynamoDB in memory: the store reads them as those of the real one, and they do what they say."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pinbill.errors import StoreUnavailable
from pinbill.store.outcomes import ConditionFailed, outcome
from pinbill.store.retrying import Retry, Transient
from pinbill.store.table import ABSENT as UNUSED
from pinbill.store.table import Put, Table
from tests.contracts.engines import create_table
from tests.contracts.raw_table import ABSENT, RawTable, n_is, row, sks
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_faults import LOSSES, REFUSALS, Failure, Request, Script, lands, late, lost, refused

ONE, TWO = row("a", "1", n=1), row("a", "2", n=2)
PATIENT = Retry(sleep=lambda seconds: None)


@pytest.fixture
def raw(engine: InMemoryDynamoDB) -> RawTable:
    return RawTable(engine, create_table(engine.as_client()))


@pytest.fixture
def script(engine: InMemoryDynamoDB) -> Script:
    engine.around = script = Script()
    return script


def _rows(raw: RawTable) -> list[str]:
    return sks(raw.every("pk = :pk", {"pk": "a"}))


FAILURES = [*REFUSALS.items(), *LOSSES.items()]


@pytest.mark.parametrize("failure", [failure for _, failure in FAILURES], ids=[name for name, _ in FAILURES])
@pytest.mark.parametrize("alone", [True, False], ids=["lone write", "transaction"])
def test_every_failure_is_one_that_the_store_tries_again(
    raw: RawTable, script: Script, failure: Failure, *, alone: bool
) -> None:
    script.then(refused(failure))
    with pytest.raises(Transient):
        outcome(lambda: raw.put(ONE) if alone else raw.transact(raw.putting(ONE), raw.putting(TWO)))
    assert _rows(raw) == []


@pytest.mark.parametrize("failure", LOSSES.values(), ids=list(LOSSES))
def test_a_write_whose_answer_is_lost_is_applied(raw: RawTable, script: Script, failure: Failure) -> None:
    script.then(lost(failure), lost(failure))
    with pytest.raises(Transient):
        outcome(lambda: raw.put(ONE))
    with pytest.raises(Transient):
        outcome(lambda: raw.put(TWO, n_is(9)))
    assert _rows(raw) == ["1"]


def test_a_write_lands_late_if_its_condition_holds_by_then(raw: RawTable, script: Script) -> None:
    held: list[Request] = []
    script.then(*[late(LOSSES["read timeout"], held)] * 2)
    for item in (ONE, TWO):
        with pytest.raises(Transient):
            outcome(lambda item=item: raw.put(item, ABSENT))  # type: ignore[misc]
    assert _rows(raw) == []
    raw.put(row("a", "2", n=7))
    assert [lands(request) for request in held] == [True, False]
    assert raw.get("a", "1") == ONE
    assert raw.get("a", "2") == row("a", "2", n=7)


def test_a_transaction_that_lands_after_its_repeat_is_applied_once(raw: RawTable, script: Script) -> None:
    held: list[Request] = []
    script.then(late(LOSSES["server error"], held))
    action, token = raw.putting(ONE, ABSENT), raw.token(1)
    with pytest.raises(Transient):
        outcome(lambda: raw.transact(action, token=token))
    raw.transact(action, token=token)
    raw.delete("a", "1")
    assert lands(held[0])
    assert _rows(raw) == []


def test_a_request_that_is_wrong_in_itself_does_not_land_in_silence(raw: RawTable, script: Script) -> None:
    script.then(lost(LOSSES["read timeout"]))
    with pytest.raises(ClientError):
        raw.put(row("a", ""))


def test_a_fault_sees_every_request_and_may_let_others_act_meanwhile(engine: InMemoryDynamoDB, raw: RawTable) -> None:
    seen: list[tuple[str, bool]] = []

    def around(request: Request) -> Any:
        seen.append((request.operation, request.writes))
        engine.around = None
        raw.put(ONE)
        engine.around = around
        return request.apply()

    engine.around = around
    raw.delete("a", "1")
    raw.transact(raw.putting(TWO))
    raw.get("a", "1")
    raw.page("pk = :pk", {"pk": "a"})
    assert seen == [("DeleteItem", True), ("TransactWriteItems", True), ("GetItem", False), ("Query", False)]


def test_the_table_of_the_store_rides_out_refusals_and_lost_answers(
    engine: InMemoryDynamoDB, raw: RawTable, script: Script
) -> None:
    table = Table(engine.as_client(), raw.name, PATIENT)
    puts = [Put({"pk": "a", "sk": sk}, UNUSED) for sk in ("1", "2")]
    script.then(refused(REFUSALS["conflict"]), lost(LOSSES["server error"]), refused(REFUSALS["in progress"]))
    table.write(puts, "write-1")
    script.then(lost(LOSSES["read timeout"]))
    table.write([Put({"pk": "a", "sk": "3"}, UNUSED)], "write-2")
    assert _rows(raw) == ["1", "2", "3"]
    assert script.writes == 6
    with pytest.raises(ConditionFailed):
        table.write(puts, "write-3")
    script.then(*[refused(REFUSALS["throttled"])] * PATIENT.tries)
    with pytest.raises(StoreUnavailable):
        table.write(puts, "write-4")
