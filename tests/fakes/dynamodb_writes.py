"""Conditional writes of one row of the in-memory DynamoDB."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.fakes.dynamodb_errors import OK, condition_reason
from tests.fakes.dynamodb_expressions import NO_NAMES, NO_VALUES, NONE, Item, Names, Test, check_placeholders, parse
from tests.fakes.dynamodb_keys import Place
from tests.fakes.dynamodb_rows import Rows

ABSENT: Item = {}


class Write(NamedTuple):
    """A write that was checked; without an item it deletes. `shows` asks to be told of the row in the way."""

    table: Rows
    place: Place
    item: Item | None
    test: Test | None
    names: Names
    values: Item
    shows: bool

    @property
    def stored(self) -> Item:
        return self.table.items.get(self.place, ABSENT)

    def reason(self) -> Mapping[str, Any]:
        """OK, or why it may not be applied, as a transaction tells it."""
        stored = self.stored
        if self.test is None or self.test(stored, self.names, self.values):
            return OK
        return condition_reason(stored if self.shows else ABSENT)

    def apply(self) -> None:
        self.table.set(self.place, self.item)


def conditional(
    table: Rows,
    place: Place,
    item: Item | None,
    *,
    ConditionExpression: str | None = None,
    ExpressionAttributeNames: Names = NO_NAMES,
    ExpressionAttributeValues: Item = NO_VALUES,
    ReturnValuesOnConditionCheckFailure: str = "NONE",
) -> Write:
    """A write under the parameters that PutItem, DeleteItem and their forms in transactions have in common."""
    asks = parse(ConditionExpression) if ConditionExpression is not None else None
    check_placeholders("name", asks.names if asks else NONE, ExpressionAttributeNames.keys())
    check_placeholders("value", asks.values if asks else NONE, ExpressionAttributeValues.keys())
    test, shows = asks.test if asks else None, ReturnValuesOnConditionCheckFailure == "ALL_OLD"
    return Write(table, place, item, test, ExpressionAttributeNames, ExpressionAttributeValues, shows)
