"""Batches of reads of the in-memory DynamoDB."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ParamValidationError

from tests.fakes.dynamodb_errors import Invalid
from tests.fakes.dynamodb_expressions import PATH, Item, Unplayed
from tests.fakes.dynamodb_rows import Rows

MOST_ROWS = 100  # that one BatchGetItem may ask for
NOTHING: Item = {}


class Batch(NamedTuple):
    """What a BatchGetItem is answered, and the rows as they are stored; an empty one for each that is not there."""

    answer: dict[str, Any]
    read: Sequence[Item]


def batch(
    table: Rows, name: str, at_once: int, *, Keys: Sequence[Item], ProjectionExpression: str | None = None
) -> Batch:
    """The first `at_once` rows, in another order than was asked for; the keys of the others are put off."""
    if not Keys:
        raise ParamValidationError(report="Invalid length for parameter Keys, value: 0, valid min length: 1")
    if len(Keys) > MOST_ROWS:
        raise Invalid("Too many items requested for the BatchGetItem call")
    places = [table.place_of_key(key) for key in Keys]
    if len(set(places)) < len(places):
        raise Invalid("Provided list of item keys contains duplicates")
    attributes = _attributes(ProjectionExpression) if ProjectionExpression is not None else None
    read = [table.items.get(place, NOTHING) for place in places[:at_once]]
    rows = [_projected(item, attributes) for item in reversed(read) if item]
    put_off: dict[str, Any] = {}
    if Keys[at_once:]:
        projection = {"ProjectionExpression": ProjectionExpression} if attributes is not None else {}
        put_off = {name: {"Keys": list(Keys[at_once:]), **projection}}
    return Batch({"Responses": {name: rows}, "UnprocessedKeys": put_off}, read)


def _attributes(expression: str) -> list[str]:
    """The attributes that a projection names. Raises Invalid for one that is named twice."""
    named = [part.strip() for part in expression.split(",")]
    if not all(PATH.fullmatch(name) and not name.startswith("#") for name in named):
        raise Unplayed(f"the projection {expression!r}")
    if len(set(named)) < len(named):
        raise Invalid("Invalid ProjectionExpression: Two document paths overlap with each other")
    return named


def _projected(item: Item, attributes: Sequence[str] | None) -> Mapping[str, Any]:
    return item if attributes is None else {name: item[name] for name in attributes if name in item}
