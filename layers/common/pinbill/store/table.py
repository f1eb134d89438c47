"""The table as the adapters use it: reads, and all-or-nothing writes that know their own traces again.

An answer of DynamoDB can be lost after the write was applied (a timeout, a 5xx, a connection that breaks), and the
repeat of that write, by the SDK or by us, then fails on the condition that it has itself made false. So every write
stamps its rows with a `write_id` of its own: a failed condition whose stored row carries our stamp means "done", any
other means "somebody else". A repeat is always the same write under the same stamp and, for a transaction, the same
ClientRequestToken: for ten minutes DynamoDB itself answers it as done, even if others have written since.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pinbill.store.items import Item, from_wire, to_wire
from pinbill.store.keys import Key
from pinbill.store.outcomes import ConditionFailed, outcome
from pinbill.store.retrying import Retry, Transient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression; `names` and `values` without their # and :."""

    expression: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "ConditionExpression": self.expression,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.names:
            given["ExpressionAttributeNames"] = {f"#{name}": path for name, path in self.names.items()}
        if self.values:
            given["ExpressionAttributeValues"] = to_wire({f":{name}": value for name, value in self.values.items()})
        return given


ABSENT = Condition("attribute_not_exists(pk)")


def equals(name: str, value: str | int) -> Condition:
    return Condition("#it = :it", {"it": name}, {"it": value})


@dataclass(frozen=True, slots=True)
class Put:
    """`table` is another one than that which is written to: both are written, or neither."""

    item: Item
    condition: Condition | None = None
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    key: Key
    condition: Condition | None = None


type Action = Put | Delete


MOST_ROWS = 100  # of one BatchGetItem


type Written = Callable[[Sequence[Action], str], None]
"""Told of each write that is known to have been applied, with its stamp."""


def _new_write_id() -> str:
    return secrets.token_urlsafe(12)


def _untold(actions: Sequence[Action], write_id: str) -> None:
    """Nobody listens."""


class Table:
    """One DynamoDB table. Raises StoreUnavailable when DynamoDB stays away, Misconfigured when it refuses us."""

    def __init__(
        self,
        client: "DynamoDBClient",
        name: str,
        retry: Retry | None = None,
        new_write_id: Callable[[], str] = _new_write_id,
        written: Written = _untold,
    ) -> None:
        self._client = client
        self.name = name
        self._retry = retry or Retry()
        self._new_write_id = new_write_id
        self._written = written

    def get(self, key: Key) -> Item | None:
        """A consistent read of one row."""
        answer = self._call(lambda: self._client.get_item(TableName=self.name, Key=to_wire(key), ConsistentRead=True))
        return from_wire(answer["Item"]) if "Item" in answer else None

    def get_many(self, wanted: Sequence[Key], attributes: Sequence[str]) -> Sequence[Item]:
        """These attributes of the rows that are there, in any order; a moment old, at half the price. A row that is
        wanted twice is given once."""
        found: list[Item] = []
        distinct = list({(key["pk"], key["sk"]): key for key in wanted}.values())  # DynamoDB refuses them all else
        for first in range(0, len(distinct), MOST_ROWS):
            left = [to_wire(key) for key in distinct[first : first + MOST_ROWS]]
            while left:
                some, left = self._some(left, attributes)
                found += map(from_wire, some)
        return found

    def _some(self, wanted: list[Any], attributes: Sequence[str]) -> tuple[Sequence[Any], list[Any]]:
        """Rows, and the keys that DynamoDB put off: it may answer a part."""
        request: Any = {self.name: {"Keys": wanted, "ProjectionExpression": ", ".join(attributes)}}

        def call() -> tuple[Sequence[Any], list[Any]]:
            answer: Any = self._client.batch_get_item(RequestItems=request)
            put_off = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if len(put_off) == len(wanted):  # rows may be few because they are not there
                raise Transient("UnprocessedKeys")
            return answer["Responses"].get(self.name, []), put_off

        return self._call(call)

    def query(self, where: str, values: Mapping[str, str], **options: Any) -> Iterator[Item]:
        """Rows of one partition, page by page as they are taken; consistent unless `options` name an index."""
        given: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": where,
            "ExpressionAttributeValues": to_wire({f":{name}": value for name, value in values.items()}),
            "ConsistentRead": "IndexName" not in options,
            **options,
        }
        while True:
            page = self._call(lambda: self._client.query(**given))
            yield from map(from_wire, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            given["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def new_write_id(self) -> str:
        return self._new_write_id()

    def write(self, actions: Sequence[Action], write_id: str) -> None:
        """Apply all of `actions` or none. Raises ConditionFailed.

        A write that is put together anew after ConditionFailed keeps its id, so that its earlier form is known again.
        After StoreUnavailable it may have been applied, or may still be: its conditions see to it that it is once.
        """
        call = self._single(actions[0], write_id) if len(actions) == 1 else self._transaction(actions, write_id)
        try:
            self._call(call)
        except ConditionFailed as failed:
            # One row with our stamp is proof for all of them. A journal entry is never written over, so that it proves
            # an earlier, unanswered round of ours even when the subscription has moved on since.
            if not any(row and row.get("write_id") == write_id for row in failed.stored.values()):
                raise
        self._written(actions, write_id)

    def update_once(
        self, key: Key, update: str, names: Mapping[str, str], values: Mapping[str, Any], condition: str
    ) -> Item:
        """One update that is not made again, and the row after it. `names` and `values` without their # and :.

        For counts that may be one too high. Raises ConditionFailed, Misconfigured, Transient: perhaps it was applied.
        """
        answer = outcome(
            lambda: self._client.update_item(
                TableName=self.name,
                Key=to_wire(key),
                UpdateExpression=update,
                **Condition(condition, names, values).parameters(),
                ReturnValues="ALL_NEW",
            )
        )
        return from_wire(answer["Attributes"])

    def _call[T](self, call: Callable[[], T]) -> T:
        return self._retry.run(lambda: outcome(call))

    def _single(self, action: Action, write_id: str) -> Callable[[], object]:
        given = self._parameters(action, write_id)
        if isinstance(action, Put):
            return lambda: self._client.put_item(**given)
        return lambda: self._client.delete_item(**given)

    def _transaction(self, actions: Sequence[Action], write_id: str) -> Callable[[], object]:
        given: Any = [{type(action).__name__: self._parameters(action, write_id)} for action in actions]
        # Another set of actions is another request to DynamoDB, even under the same stamp.
        token = f"{write_id}.{len(actions)}"
        return lambda: self._client.transact_write_items(TransactItems=given, ClientRequestToken=token)

    def _parameters(self, action: Action, write_id: str) -> dict[str, Any]:
        condition = action.condition.parameters() if action.condition else {}
        if isinstance(action, Put):
            item = to_wire({**action.item, "write_id": write_id})
            return {"TableName": action.table or self.name, "Item": item, **condition}
        return {"TableName": self.name, "Key": to_wire(action.key), **condition}
