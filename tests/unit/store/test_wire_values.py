"""Items on the wire are as boto3's own serializer would make them."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from pinbill.store.items import from_wire, to_wire

# What DynamoDB keeps of a number: 38 digits.
WHOLE = st.integers(-(10**38) + 1, 10**38 - 1)
EXACT = st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False, places=6)
VALUES = st.recursive(
    st.text() | st.booleans() | st.none() | WHOLE | EXACT,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
)
ITEMS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.text(), VALUES)


class Word(StrEnum):
    PAID = "paid"


@given(ITEMS)
def test_an_item_is_sent_as_boto3_would_send_it(item: dict[str, Any]) -> None:
    assert to_wire(item) == {name: TypeSerializer().serialize(value) for name, value in item.items()}


@given(ITEMS)
def test_an_item_is_read_as_boto3_would_read_it(item: dict[str, Any]) -> None:
    wire = to_wire(item)
    assert from_wire(wire) == {name: TypeDeserializer().deserialize(value) for name, value in wire.items()}


@given(ITEMS)
def test_an_item_comes_back_as_it_was_sent(item: dict[str, Any]) -> None:
    assert from_wire(to_wire(item)) == _with_lists(item)


def _with_lists(value: Any) -> Any:
    """A tuple comes back as a list."""
    if isinstance(value, dict):
        return {name: _with_lists(inner) for name, inner in value.items()}
    return [_with_lists(inner) for inner in value] if isinstance(value, list | tuple) else value


def test_a_whole_number_comes_back_as_an_int_and_another_one_exactly() -> None:
    read = from_wire({"whole": {"N": "-12"}, "broken": {"N": "0.10"}, "large": {"N": "1E+3"}})
    assert read == {"whole": -12, "broken": Decimal("0.10"), "large": Decimal(1000)}
    assert {name: type(value) for name, value in read.items()} == {"whole": int, "broken": Decimal, "large": Decimal}


def test_a_truth_value_is_no_number_and_a_word_is_text() -> None:
    assert to_wire({"yes": True, "word": Word.PAID}) == {"yes": {"BOOL": True}, "word": {"S": "paid"}}


@pytest.mark.parametrize("value", [0.1, float("nan"), {1, 2}, object()], ids=["float", "nan", "set", "object"])
def test_what_no_item_of_ours_holds_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError) as refused:
        to_wire({"outer": [{"inner": value}]})
    assert str(refused.value) == f"no item holds a {type(value).__name__}"


def test_bytes_come_as_they_are_or_as_the_text_in_which_they_travel() -> None:
    assert from_wire(to_wire({"kept": b"\x00\xff"})) == {"kept": b"\x00\xff"}
    assert from_wire({"kept": {"B": "AP8="}}) == {"kept": b"\x00\xff"}


@pytest.mark.parametrize("kind", ["SS", "NS", "BS"])
def test_what_no_item_of_ours_holds_is_not_read(kind: str) -> None:
    with pytest.raises(TypeError):
        from_wire({"outer": {"L": [{kind: ["x"]}]}})
