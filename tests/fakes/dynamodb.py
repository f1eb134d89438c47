"""DynamoDB's client in memory: what pinbill.store asks of it, answered as the engines answer, in microseconds.

What it does not play raises NotImplementedError or TypeError, so that the store cannot come to rely on it: reads of
single rows and queries of the table that are not consistent, updates, scans, parameters and expressions that the store
does not use. Batches are read as the table stands, in no order that was asked for. Pages end by their Limit only, not
at 1 MB; nothing expires. The contract tests hold it to moto and the local AWS.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tests.fakes.dynamodb_batches import MOST_ROWS, batch
from tests.fakes.dynamodb_errors import (
    OK,
    Invalid,
    Misfit,
    Refused,
    cancelled,
    condition_failed,
    no_table,
    token_mismatch,
)
from tests.fakes.dynamodb_expressions import Item, Unplayed
from tests.fakes.dynamodb_faults import Answer, Around, Request
from tests.fakes.dynamodb_meter import Meter
from tests.fakes.dynamodb_queries import query
from tests.fakes.dynamodb_rows import Rows, TableCopy
from tests.fakes.dynamodb_writes import Write, conditional

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TOKEN_LIFE = timedelta(minutes=10)
LONGEST_TOKEN, MOST_ACTIONS = 36, 100


class Used(NamedTuple):
    """A token's transaction, and when it was applied."""

    actions: Sequence[Any]
    at: datetime


class Snapshot(NamedTuple):
    """Rows and tokens; restored as often as one likes, also into another client that has the same tables."""

    tables: Mapping[str, TableCopy]
    tokens: Mapping[str, Used]


class InMemoryDynamoDB:
    """`now` is the clock by which ClientRequestTokens grow old; `around` may fail, lose or hold back requests."""

    def __init__(self, now: Callable[[], datetime], around: Around | None = None) -> None:
        self.around = around
        self.meter: Meter | None = None
        self.rows_at_once = MOST_ROWS  # of one BatchGetItem; the others are put off, as under load
        self._now = now
        self._tables: dict[str, Rows] = {}
        self._tokens: dict[str, Used] = {}
        self._lock = threading.Lock()

    def as_client(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self)

    def create_table(self, **definition: Any) -> Answer:
        self._tables[definition["TableName"]] = Rows(definition)
        return {}

    def get_item(self, **given: Any) -> Answer:
        return self._request("GetItem", self._get, given)

    def batch_get_item(self, **given: Any) -> Answer:
        return self._request("BatchGetItem", self._batch, given)

    def query(self, **given: Any) -> Answer:
        return self._request("Query", self._query, given)

    def put_item(self, **given: Any) -> Answer:
        return self._request("PutItem", self._put, given)

    def delete_item(self, **given: Any) -> Answer:
        return self._request("DeleteItem", self._delete, given)

    def transact_write_items(self, **given: Any) -> Answer:
        return self._request("TransactWriteItems", self._transact, given)

    def load(self, name: str, rows: Iterable[Item]) -> None:
        """Put many rows that the table does not have yet: no request, which nobody counts and nothing befalls."""
        with self._lock:
            table = self._table(name)
            table.load((table.place_of_item(row), row) for row in rows)

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot({name: table.whole_copy() for name, table in self._tables.items()}, self._tokens.copy())

    def restore(self, snapshot: Snapshot) -> None:
        with self._lock:
            for name, copy in snapshot.tables.items():
                self._tables[name].restore_whole(copy)
            self._tokens = dict(snapshot.tokens)

    def lag(self) -> None:
        """From now on global indexes show a write only after `catch_up`."""
        for table in self._tables.values():
            table.lagging = True

    def catch_up(self) -> None:
        """Let the indexes show all writes so far; while they lag, later ones wait for the next time."""
        with self._lock:
            for table in self._tables.values():
                table.catch_up()

    def _request(self, operation: str, effect: Callable[..., Answer], given: Mapping[str, Any]) -> Answer:
        if self.around is None:
            return self._answer(operation, effect, given)
        return self.around(Request(operation, given, partial(self._answer, operation, effect, given)))

    def _answer(self, operation: str, effect: Callable[..., Answer], given: Mapping[str, Any]) -> Answer:
        try:
            return effect(**given)
        except Refused as refused:
            raise refused.raised_by(operation) from None

    # What the requests do. Parameters are called what the API calls them; any other is a TypeError.

    def _get(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Answer:
        table = self._table(TableName)
        item = table.items.get(table.place_of_key(Key))
        if not ConsistentRead:
            raise Unplayed("a read of the table that is not consistent")
        if self.meter:
            self.meter.read([item] if item is not None else [], None, consistent=True)
        return {"Item": item} if item is not None else {}

    def _batch(self, *, RequestItems: Mapping[str, Mapping[str, Any]]) -> Answer:
        if len(RequestItems) != 1:
            raise Unplayed("a batch of several tables")
        ((name, given),) = RequestItems.items()
        with self._lock:
            answer, read = batch(self._table(name), name, self.rows_at_once, **given)
        if self.meter:
            self.meter.read_batch(read)
        return answer

    def _query(self, *, TableName: str, **given: Any) -> Answer:
        with self._lock:
            answer, read = query(self._table(TableName), **given)
        if self.meter:
            self.meter.read(read, given.get("IndexName"), consistent=given.get("ConsistentRead", False))
        return answer

    def _put(self, **given: Any) -> Answer:
        return self._alone(self._putting(**given))

    def _delete(self, **given: Any) -> Answer:
        return self._alone(self._deleting(**given))

    def _transact(self, *, TransactItems: Sequence[Mapping[str, Any]], ClientRequestToken: str | None = None) -> Answer:
        if len(TransactItems) > MOST_ACTIONS:
            raise Invalid(f"Member must have length less than or equal to {MOST_ACTIONS}")
        with self._lock:
            actions = [self._action(action) for action in TransactItems]
            if ClientRequestToken is not None and self._is_repeat(ClientRequestToken, TransactItems):
                if self.meter:
                    self.meter.repeat([action.stored for action in actions if isinstance(action, Write)])
                return {}
            self._together(actions)
            if ClientRequestToken is not None:
                self._tokens[ClientRequestToken] = Used(list(TransactItems), self._now())
        return {}

    def _table(self, name: str) -> Rows:
        table = self._tables.get(name)
        if table is None:
            raise no_table()
        return table

    def _putting(self, *, TableName: str, Item: Item, **condition: Any) -> Write:
        table = self._table(TableName)
        return conditional(table, table.place_of_item(Item), Item, **condition)

    def _deleting(self, *, TableName: str, Key: Item, **condition: Any) -> Write:
        table = self._table(TableName)
        return conditional(table, table.place_of_key(Key), None, **condition)

    def _action(self, action: Mapping[str, Any]) -> Write | Misfit:
        ((kind, given),) = action.items()
        if kind not in ("Put", "Delete"):
            raise Unplayed(f"{kind} in a transaction")
        try:
            return self._putting(**given) if kind == "Put" else self._deleting(**given)
        except Misfit as misfit:
            return misfit

    def _alone(self, write: Write) -> Answer:
        with self._lock:
            reason = write.reason()
            if self.meter:
                self.meter.write([write], together=False, applied=reason is OK)
            if reason is not OK:
                raise condition_failed(reason)
            write.apply()
        return {}

    def _together(self, actions: Sequence[Write | Misfit]) -> None:
        """Apply all or, where one has a reason against it, none."""
        writes = [action for action in actions if isinstance(action, Write)]
        if len({(id(write.table), write.place) for write in writes}) < len(writes):
            raise Invalid("Transaction request cannot include multiple operations on one item")
        reasons = [action.reason() for action in actions]
        refused = any(reason is not OK for reason in reasons)
        if self.meter:
            self.meter.write(writes, together=True, applied=not refused)
        if refused:
            raise cancelled(reasons)
        for write in writes:
            write.apply()

    def _is_repeat(self, token: str, actions: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the token's transaction was applied within its life. Raises Refused where it was another one."""
        if len(token) > LONGEST_TOKEN:
            raise Invalid(f"ClientRequestToken must have length less than or equal to {LONGEST_TOKEN}")
        now = self._now()
        while self._tokens and now - next(iter(self._tokens.values())).at >= TOKEN_LIFE:
            del self._tokens[next(iter(self._tokens))]
        used = self._tokens.get(token)
        if used is None or now - used.at >= TOKEN_LIFE:
            return False
        if used.actions != list(actions):
            raise token_mismatch()
        return True
