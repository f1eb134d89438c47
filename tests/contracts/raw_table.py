"""A table as DynamoDB's client shows it: requests and answers without the store around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

type Wire = Mapping[str, Any]

MOST_PAGES = 100
SHOWN = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
ABSENT: Wire = {"ConditionExpression": "attribute_not_exists(pk)", **SHOWN}


def row(pk: str, sk: str, **attributes: str | int) -> Wire:
    """A row in wire form."""
    return {name: wire(value) for name, value in {"pk": pk, "sk": sk, **attributes}.items()}


def wire(value: str | int) -> Wire:
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def when(expression: str, names: Mapping[str, str] | None = None, **values: str | int) -> Wire:
    """The parameters of a condition; `names` with their #, `values` without the colon."""
    given: dict[str, Any] = {"ConditionExpression": expression, **SHOWN}
    if names:
        given["ExpressionAttributeNames"] = names
    if values:
        given["ExpressionAttributeValues"] = {f":{name}": wire(value) for name, value in values.items()}
    return given


def n_is(value: int) -> Wire:
    return when("#it = :it", {"#it": "n"}, it=value)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refused request came to: `reasons` of a transaction are code and shown row, one for each action."""

    code: str
    row: Wire | None
    reasons: tuple[tuple[str, Wire | None], ...]


def refusal_in(error: ClientError) -> Refusal:
    answer: Any = error.response
    reasons = tuple((reason["Code"], reason.get("Item")) for reason in answer.get("CancellationReasons", []))
    return Refusal(answer["Error"]["Code"], answer.get("Item"), reasons)


def refusal_of(call: Callable[[], object]) -> Refusal:
    with pytest.raises(ClientError) as refused:
        call()
    return refusal_in(refused.value)


@dataclass(frozen=True, slots=True)
class RawTable:
    """Every method is one request, but for `every`."""

    client: Any
    name: str

    def get(self, pk: str, sk: str) -> Wire | None:
        answer = self.client.get_item(TableName=self.name, Key=row(pk, sk), ConsistentRead=True)
        found: Wire | None = answer.get("Item")
        return found

    def batch(self, keys: Sequence[tuple[str, str]], projection: str | None = None) -> Wire:
        """The answer of one BatchGetItem, its rows in an order of our own: engines have each its own."""
        asked: dict[str, Any] = {"Keys": [row(*key) for key in keys]}
        if projection is not None:
            asked["ProjectionExpression"] = projection
        answer = self.client.batch_get_item(RequestItems={self.name: asked})
        found = sorted(answer["Responses"].get(self.name, []), key=str)
        return {"Rows": found, "UnprocessedKeys": answer.get("UnprocessedKeys", {})}

    def put(self, item: Wire, condition: Wire | None = None) -> None:
        self.client.put_item(TableName=self.name, Item=item, **(condition or {}))

    def delete(self, pk: str, sk: str, condition: Wire | None = None) -> None:
        self.client.delete_item(TableName=self.name, Key=row(pk, sk), **(condition or {}))

    def putting(self, item: Wire, condition: Wire | None = None) -> Wire:
        """An action of a transaction."""
        return {"Put": {"TableName": self.name, "Item": item, **(condition or {})}}

    def deleting(self, pk: str, sk: str, condition: Wire | None = None) -> Wire:
        return {"Delete": {"TableName": self.name, "Key": row(pk, sk), **(condition or {})}}

    def transact(self, *actions: Wire, token: str | None = None) -> None:
        named = {"ClientRequestToken": token} if token else {}
        self.client.transact_write_items(TransactItems=list(actions), **named)

    def token(self, n: int) -> str:
        """A ClientRequestToken; an engine knows them in all its tables."""
        return f"{self.name[-32:]}.{n}"

    def page(self, where: str, values: Mapping[str, str | int], **options: Any) -> Wire:
        """The answer of one query; consistent unless it names an index."""
        given = {f":{name}": wire(value) for name, value in values.items()}
        answer: Wire = self.client.query(
            TableName=self.name,
            KeyConditionExpression=where,
            ExpressionAttributeValues=given,
            **{"ConsistentRead": "IndexName" not in options, **options},
        )
        return answer

    def every(self, where: str, values: Mapping[str, str | int], **options: Any) -> list[Wire]:
        """The rows of all pages."""
        found: list[Wire] = []
        for _ in range(MOST_PAGES):
            page = self.page(where, values, **options)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        raise AssertionError("the reading has no end")


def sks(rows: list[Wire]) -> list[str]:
    """The rows by their sort keys."""
    return [found["sk"]["S"] for found in rows]
