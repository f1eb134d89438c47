"""What every engine does with conditional writes of one row, as DynamoDB documents them."""

import pytest
from botocore.exceptions import ClientError

from pinbill.errors import Misconfigured
from pinbill.store.outcomes import ConditionFailed, outcome
from tests.contracts.engines import FAKE_DYNAMODB, LOCAL_AWS
from tests.contracts.raw_table import ABSENT, RawTable, Refusal, Wire, n_is, refusal_of, row, when

ONE = row("a", "1", n=1)
FAILED = "ConditionalCheckFailedException"
# moto is lax about requests that are wrong in themselves.
STRICT = pytest.mark.parametrize("raw", [FAKE_DYNAMODB, LOCAL_AWS], indirect=True)


def test_a_row_that_was_put_is_read_back_whole(raw: RawTable) -> None:
    whole = {
        **ONE,
        "text": {"S": "ä€𝄞"},
        "yes": {"BOOL": True},
        "nested": {"M": {"list": {"L": [{"N": "1"}, {"S": ""}]}}},
        "empty": {"L": []},
    }
    raw.put(whole)
    assert raw.get("a", "1") == whole


def test_a_row_that_nobody_put_is_absent(raw: RawTable) -> None:
    raw.put(ONE)
    assert raw.get("a", "2") is None
    assert raw.get("b", "1") is None


def test_a_put_replaces_the_whole_row(raw: RawTable) -> None:
    raw.put(row("a", "1", n=1, s="gone"))
    raw.put(row("a", "1", n=2))
    assert raw.get("a", "1") == row("a", "1", n=2)


def test_a_row_is_deleted_once_and_again(raw: RawTable) -> None:
    raw.put(ONE)
    raw.delete("a", "1")
    raw.delete("a", "1")
    assert raw.get("a", "1") is None


TRUE_OF_ONE = [
    n_is(1),
    when("n = :it", it=1),
    when("n <= :it", it=1),
    when("n < :it", it=2),
    when("n >= :it", it=1),
    when("n > :it", it=0),
    when("n BETWEEN :low AND :high", low=1, high=2),
    when("attribute_exists(pk)"),
    when("attribute_exists(#it)", {"#it": "n"}),
    when("attribute_not_exists(s)"),
    when("begins_with(sk, :it)", it="1"),
    when("attribute_not_exists(pk) OR #it = :it", {"#it": "n"}, it=1),
    when("attribute_not_exists(pk) OR #it <= :it", {"#it": "n"}, it=1),
    when("attribute_exists(pk) AND n = :it", it=1),
    when("attribute_exists(pk) OR n = :it AND s = :no", it=2, no="x"),  # AND binds closer
    when("(s = :no OR attribute_exists(pk)) AND n = :it", it=1, no="x"),
]
FALSE_OF_ONE = [
    n_is(2),
    when("n < :it", it=1),
    when("n > :it", it=1),
    when("n = :it", it="1"),  # another type
    when("s = :it", it="x"),  # a missing attribute
    when("s <= :it", it="x"),
    when("s BETWEEN :low AND :high", low="", high="z"),
    when("begins_with(s, :it)", it="x"),
    when("n BETWEEN :low AND :high", low=2, high=3),
    when("attribute_not_exists(pk)"),
    when("attribute_exists(s)"),
    when("attribute_exists(pk) AND n = :it", it=2),
    when("(n = :it OR attribute_exists(pk)) AND attribute_exists(s)", it=1),
]


def _text(condition: Wire) -> str:
    return str(condition["ConditionExpression"])


@pytest.mark.parametrize("condition", TRUE_OF_ONE, ids=_text)
def test_a_put_and_a_delete_whose_condition_holds_are_applied(raw: RawTable, condition: Wire) -> None:
    raw.put(ONE)
    raw.put(ONE, condition)
    raw.delete("a", "1", condition)
    assert raw.get("a", "1") is None


@pytest.mark.parametrize("condition", FALSE_OF_ONE, ids=_text)
def test_a_put_and_a_delete_whose_condition_fails_show_the_row_and_leave_it(raw: RawTable, condition: Wire) -> None:
    raw.put(ONE)
    assert refusal_of(lambda: raw.put(row("a", "1", n=7), condition)) == Refusal(FAILED, ONE, ())
    assert refusal_of(lambda: raw.delete("a", "1", condition)) == Refusal(FAILED, ONE, ())
    assert raw.get("a", "1") == ONE


def test_numbers_are_compared_by_value_and_not_by_text(raw: RawTable) -> None:
    raw.put(row("a", "1", n=2))
    raw.put(row("a", "1", n=2), when("n < :it", it=10))
    same = {"ConditionExpression": "n = :it", "ExpressionAttributeValues": {":it": {"N": "2.0"}}}
    raw.put(row("a", "1", n=3), same)
    assert raw.get("a", "1") == row("a", "1", n=3)


def test_a_condition_that_asks_to_see_nothing_is_shown_nothing(raw: RawTable) -> None:
    raw.put(ONE)
    silent = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert refusal_of(lambda: raw.put(ONE, silent)) == Refusal(FAILED, None, ())


def test_a_condition_on_a_missing_row_fails_without_a_row_to_show(raw: RawTable) -> None:
    assert refusal_of(lambda: raw.put(ONE, n_is(1))) == Refusal(FAILED, None, ())
    assert refusal_of(lambda: raw.delete("a", "1", n_is(1))) == Refusal(FAILED, None, ())
    assert raw.get("a", "1") is None


def test_of_two_that_put_one_absent_row_the_second_sees_the_first(raw: RawTable) -> None:
    raw.put(ONE, ABSENT)
    assert refusal_of(lambda: raw.put(row("a", "1", n=2), ABSENT)) == Refusal(FAILED, ONE, ())


def test_the_store_reads_a_failed_condition_the_same_from_every_engine(raw: RawTable) -> None:
    raw.put(ONE)
    with pytest.raises(ConditionFailed) as failed:
        outcome(lambda: raw.put(ONE, ABSENT))
    assert failed.value.stored == {0: {"pk": "a", "sk": "1", "n": 1}}


UNFIT_ROWS = {
    "no sort key": {"pk": {"S": "a"}},
    "a partition key of another type": {"pk": {"N": "1"}, "sk": {"S": "1"}},
    "an empty sort key": row("a", ""),
    "an empty partition key": row("", "1"),
    "an empty key of the index": row("a", "1", due_pk="", due_sk="x"),
}


@pytest.mark.parametrize("item", UNFIT_ROWS.values(), ids=list(UNFIT_ROWS))
def test_a_row_that_the_table_cannot_hold_is_refused(raw: RawTable, item: Wire) -> None:
    assert refusal_of(lambda: raw.put(item)).code == "ValidationException"


@STRICT
def test_a_row_whose_index_key_has_another_type_is_refused(raw: RawTable) -> None:
    assert refusal_of(lambda: raw.put(row("a", "1", due_pk=1, due_sk="x"))).code == "ValidationException"


UNFIT_KEYS: dict[str, Wire] = {
    "one attribute too many": row("a", "1", n=1),
    "one attribute too few": {"pk": {"S": "a"}},
    "an empty attribute": row("", "1"),
}


@pytest.mark.parametrize("key", UNFIT_KEYS.values(), ids=list(UNFIT_KEYS))
def test_a_read_by_what_is_not_the_key_is_refused(raw: RawTable, key: Wire) -> None:
    read = refusal_of(lambda: raw.client.get_item(TableName=raw.name, Key=key, ConsistentRead=True))
    assert read.code == "ValidationException"


@STRICT
def test_a_read_by_a_key_of_another_type_is_refused(raw: RawTable) -> None:
    key = {"pk": {"N": "1"}, "sk": {"S": "1"}}
    read = refusal_of(lambda: raw.client.get_item(TableName=raw.name, Key=key, ConsistentRead=True))
    assert read.code == "ValidationException"


@STRICT
@pytest.mark.parametrize(
    "condition",
    [
        when("attribute_not_exists(pk)", it=1),
        when("attribute_not_exists(pk)", {"#it": "n"}),
        when("n = :it"),
        when("#it = :it", it=1),
    ],
    ids=["unused value", "unused name", "undefined value", "undefined name"],
)
def test_names_and_values_that_do_not_fit_the_expression_are_refused(raw: RawTable, condition: Wire) -> None:
    assert refusal_of(lambda: raw.put(ONE, condition)).code == "ValidationException"


def test_a_table_that_is_not_there_is_named_as_such(raw: RawTable) -> None:
    elsewhere = RawTable(raw.client, "nowhere")
    for call in (lambda: elsewhere.get("a", "1"), lambda: elsewhere.put(ONE), lambda: elsewhere.delete("a", "1")):
        assert refusal_of(call).code == "ResourceNotFoundException"


def test_the_store_takes_a_refused_request_for_a_wrong_setting(raw: RawTable) -> None:
    with pytest.raises(Misconfigured):
        outcome(lambda: RawTable(raw.client, "nowhere").get("a", "1"))


def test_an_error_names_its_operation(raw: RawTable) -> None:
    raw.put(ONE)
    with pytest.raises(ClientError) as refused:
        raw.put(ONE, ABSENT)
    assert refused.value.operation_name == "PutItem"
