"""Queries of the in-memory DynamoDB: a page of one partition of a table or of a global index."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ParamValidationError

from tests.fakes.dynamodb_errors import Invalid
from tests.fakes.dynamodb_expressions import NO_NAMES, NO_VALUES, NONE, Item, Names, Unplayed, check_placeholders, parse
from tests.fakes.dynamodb_keys import Entry, KeyCondition, key_condition
from tests.fakes.dynamodb_rows import Index, Rows


class Page(NamedTuple):
    """What a Query is answered, and the rows that it looked at, also those that its filter kept back."""

    answer: dict[str, Any]
    read: Sequence[Item]


def query(
    table: Rows,
    *,
    KeyConditionExpression: str,
    ExpressionAttributeNames: Names = NO_NAMES,
    ExpressionAttributeValues: Item = NO_VALUES,
    IndexName: str | None = None,
    ConsistentRead: bool = False,
    Limit: int | None = None,
    ScanIndexForward: bool = True,
    FilterExpression: str | None = None,
    ExclusiveStartKey: Item | None = None,
) -> Page:
    """What becomes of a Query with these parameters, of a table that stands still meanwhile."""
    names, values = ExpressionAttributeNames, ExpressionAttributeValues
    if Limit is not None and Limit < 1:
        raise ParamValidationError(report="Invalid value for parameter Limit, valid min value: 1")
    source = _source(table, IndexName, consistent=ConsistentRead)
    asks = parse(FilterExpression) if FilterExpression is not None else None
    where = parse(KeyConditionExpression)
    check_placeholders("name", where.names | (asks.names if asks else NONE), names.keys())
    check_placeholders("value", where.values | (asks.values if asks else NONE), values.keys())
    if asks and any(names.get(path, path) in source.key for path in asks.paths):
        raise Invalid("Filter Expression can only contain non-primary key attributes")
    condition = key_condition(KeyConditionExpression, tuple(names.items()), source.hash, source.range)
    bounds = condition.bounds(values)
    passed = None
    if ExclusiveStartKey is not None:
        passed = _passed(table, source, condition, bounds, ExclusiveStartKey)

    entries = source.partitions.get(bounds[condition.partition], ())
    asked_for = _beyond(entries, condition.span(entries, bounds), passed, forward=ScanIndexForward)
    page = [source.seen(source.items[place]) for _, place in asked_for[:Limit]]
    found = [item for item in page if asks.test(item, names, values)] if asks else page
    answer = {"Items": found, "Count": len(found), "ScannedCount": len(page)}
    if len(page) == Limit:  # also where nothing comes after it, as on the real thing
        answer["LastEvaluatedKey"] = {name: page[-1][name] for name in {*table.key, *source.key}}
    return Page(answer, page)


def _source(table: Rows, index: str | None, *, consistent: bool) -> Rows | Index:
    if index is None:
        if not consistent:
            raise Unplayed("a read of the table that is not consistent")
        return table
    if index not in table.indexes:
        raise Invalid(f"The table does not have the specified index: {index}")
    if consistent:
        raise Invalid("Consistent reads are not supported on global secondary indexes")
    return table.indexes[index]


def _passed(
    table: Rows, source: Rows | Index, condition: KeyCondition, bounds: Mapping[str, str], start_key: Item
) -> Entry:
    """The entry after which an ExclusiveStartKey goes on; it need not be there any more."""
    if start_key.keys() != {*table.key, *source.key}:
        raise Invalid("The provided starting key is invalid")
    place = table.place_of_key({name: start_key[name] for name in table.key})
    entry = source.entry(start_key, place)
    if start_key[source.hash].get("S") != bounds[condition.partition] or condition.span((entry,), bounds) != (0, 1):
        raise Invalid("The provided starting key does not match the range key predicate")
    return entry


def _beyond(entries: Sequence[Entry], span: tuple[int, int], passed: Entry | None, *, forward: bool) -> Sequence[Entry]:
    """The entries of the span that come after `passed`, in the order in which they are read."""
    first, last = span
    if forward:
        return entries[bisect_right(entries, passed) if passed else first : last]
    return entries[first : bisect_left(entries, passed) if passed else last][::-1]
