"""What every engine does with transactions, as DynamoDB documents them."""

import pytest

from pinbill.errors import Misconfigured
from pinbill.store.outcomes import ConditionFailed, outcome
from tests.contracts.engines import FAKE_DYNAMODB, LOCAL_AWS
from tests.contracts.raw_table import ABSENT, RawTable, Refusal, Wire, n_is, refusal_of, row, sks

ONE, TWO, THREE = row("a", "1", n=1), row("a", "2", n=2), row("b", "3", n=3)
CANCELLED = "TransactionCanceledException"
OK, UNMET = ("None", None), "ConditionalCheckFailed"

# moto applies a transaction again under the same ClientRequestToken, and lets keys of another type pass.
STRICT = pytest.mark.parametrize("raw", [FAKE_DYNAMODB, LOCAL_AWS], indirect=True)


def _rows(raw: RawTable) -> list[str]:
    return [*sks(raw.every("pk = :pk", {"pk": "a"})), *sks(raw.every("pk = :pk", {"pk": "b"}))]


def test_all_actions_are_applied(raw: RawTable) -> None:
    raw.put(ONE)
    raw.transact(raw.deleting("a", "1", n_is(1)), raw.putting(TWO, ABSENT), raw.putting(THREE))
    assert _rows(raw) == ["2", "3"]


def test_one_failed_condition_keeps_all_actions_from_being_applied(raw: RawTable) -> None:
    raw.put(ONE)
    raw.put(TWO)
    actions = [raw.putting(THREE, ABSENT), raw.deleting("a", "1"), raw.putting(row("a", "2", n=9), ABSENT)]
    assert refusal_of(lambda: raw.transact(*actions)) == Refusal(CANCELLED, None, (OK, OK, (UNMET, TWO)))
    assert _rows(raw) == ["1", "2"]
    assert raw.get("a", "2") == TWO


def test_every_failed_condition_is_told_with_the_row_in_its_way(raw: RawTable) -> None:
    raw.put(ONE)
    raw.put(TWO)
    actions = [raw.putting(ONE, n_is(5)), raw.putting(THREE), raw.deleting("a", "2", n_is(5))]
    assert refusal_of(lambda: raw.transact(*actions)).reasons == ((UNMET, ONE), OK, (UNMET, TWO))


def test_a_failed_condition_shows_no_row_where_there_is_none_or_none_was_asked_for(raw: RawTable) -> None:
    raw.put(ONE)
    silent = {"ConditionExpression": "attribute_not_exists(pk)"}
    actions = [raw.putting(TWO, n_is(5)), raw.putting(ONE, silent)]
    assert refusal_of(lambda: raw.transact(*actions)).reasons == ((UNMET, None), (UNMET, None))


def test_conditions_are_asked_of_what_was_there_before_the_transaction(raw: RawTable) -> None:
    raw.put(ONE)
    raw.transact(raw.deleting("a", "1"), raw.putting(TWO, ABSENT))
    refusal = refusal_of(lambda: raw.transact(raw.putting(ONE, ABSENT), raw.putting(TWO, ABSENT)))
    assert refusal.reasons == (OK, (UNMET, TWO))


def test_the_store_reads_failed_conditions_the_same_from_every_engine(raw: RawTable) -> None:
    raw.put(TWO)
    with pytest.raises(ConditionFailed) as failed:
        outcome(
            lambda: raw.transact(raw.putting(ONE, ABSENT), raw.putting(TWO, ABSENT), raw.deleting("b", "3", n_is(1)))
        )
    assert failed.value.stored == {1: {"pk": "a", "sk": "2", "n": 2}, 2: None}


def test_two_actions_on_one_row_are_refused(raw: RawTable) -> None:
    refusal = refusal_of(lambda: raw.transact(raw.putting(ONE), raw.deleting("a", "1")))
    assert refusal.code == "ValidationException"
    assert _rows(raw) == []


def test_a_hundred_actions_are_applied_and_one_more_is_refused(raw: RawTable) -> None:
    actions = [raw.putting(row("a", f"{n:03}")) for n in range(101)]
    assert refusal_of(lambda: raw.transact(*actions)).code == "ValidationException"
    assert _rows(raw) == []
    raw.transact(*actions[:100])
    assert len(_rows(raw)) == 100


UNFIT: dict[str, Wire] = {
    "an index key of another type": row("a", "1", due_pk=1, due_sk="x"),
    "an empty index key": row("a", "1", due_pk="", due_sk="x"),
}


@STRICT
@pytest.mark.parametrize("item", UNFIT.values(), ids=list(UNFIT))
def test_a_row_that_an_index_cannot_hold_keeps_all_actions_from_being_applied(raw: RawTable, item: Wire) -> None:
    with pytest.raises(Misconfigured):
        outcome(lambda: raw.transact(raw.putting(TWO, ABSENT), raw.putting(item)))
    assert _rows(raw) == []


@STRICT
def test_a_row_that_an_index_cannot_hold_is_told_as_the_reason_of_its_action(raw: RawTable) -> None:
    actions = [raw.putting(TWO, ABSENT), raw.putting(UNFIT["an index key of another type"])]
    assert refusal_of(lambda: raw.transact(*actions)).reasons == (OK, ("ValidationError", None))


def test_a_table_that_is_not_there_keeps_all_actions_from_being_applied(raw: RawTable) -> None:
    elsewhere = RawTable(raw.client, "nowhere")
    refusal = refusal_of(lambda: raw.transact(raw.putting(ONE), elsewhere.putting(TWO)))
    assert refusal.code == "ResourceNotFoundException"
    assert _rows(raw) == []


@STRICT
def test_a_transaction_under_the_same_token_is_applied_once(raw: RawTable) -> None:
    action = raw.putting(ONE, ABSENT)
    raw.transact(action, token=raw.token(1))
    raw.delete("a", "1")
    raw.transact(action, token=raw.token(1))
    assert _rows(raw) == []


@STRICT
def test_a_repeat_under_the_same_token_is_answered_as_done_though_its_condition_fails_by_now(raw: RawTable) -> None:
    actions = [raw.putting(ONE, ABSENT), raw.putting(TWO, ABSENT)]
    raw.transact(*actions, token=raw.token(1))
    theirs = row("a", "1", n=7)
    raw.put(theirs)
    raw.transact(*actions, token=raw.token(1))
    assert raw.get("a", "1") == theirs


@STRICT
def test_other_actions_under_the_same_token_are_refused(raw: RawTable) -> None:
    raw.transact(raw.putting(ONE, ABSENT), token=raw.token(1))
    for actions in ([raw.putting(TWO)], [raw.putting(ONE)], [raw.putting(ONE, ABSENT), raw.putting(TWO)]):
        refusal = refusal_of(lambda actions=actions: raw.transact(*actions, token=raw.token(1)))  # type: ignore[misc]
        assert refusal.code == "IdempotentParameterMismatchException"
    assert _rows(raw) == ["1"]


def test_another_token_is_another_transaction(raw: RawTable) -> None:
    raw.transact(raw.putting(ONE, ABSENT), token=raw.token(1))
    refusal = refusal_of(lambda: raw.transact(raw.putting(ONE, ABSENT), token=raw.token(2)))
    assert refusal.reasons == ((UNMET, ONE),)


def test_a_cancelled_transaction_uses_up_no_token(raw: RawTable) -> None:
    raw.put(ONE)
    actions = [raw.putting(ONE, ABSENT), raw.putting(TWO)]
    assert refusal_of(lambda: raw.transact(*actions, token=raw.token(1))).code == CANCELLED
    assert refusal_of(lambda: raw.transact(*actions, token=raw.token(1))).code == CANCELLED
    raw.delete("a", "1")
    raw.transact(*actions, token=raw.token(1))
    assert _rows(raw) == ["1", "2"]


@STRICT
def test_a_token_that_is_too_long_is_refused(raw: RawTable) -> None:
    raw.transact(raw.putting(ONE), token=raw.token(10) + "x")
    refusal = refusal_of(lambda: raw.transact(raw.putting(TWO), token=raw.token(100) + "x"))
    assert refusal.code == "ValidationException"
