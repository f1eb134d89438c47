"""Every subscription of the table with its journal, read by a scan in segments; in memory is one of each at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Queue, ShutDown
from threading import Thread
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pinbill.aws.clients import client_config
from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from pinbill.errors import StoreUnavailable
from pinbill.store import keys
from pinbill.store.items import Item, from_wire
from pinbill.store.journal_items import entry_in
from pinbill.store.subscription_items import subscription_in
from pinbill.store.tails import carried
from pinbill.usecases.ports.store import Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SEGMENTS = 4
PAGE = 200
WAITING = 500  # accounts that were read and not taken yet
# A scan has time: it gives way to those who bill.
PATIENT = Config(read_timeout=20, retries={"mode": "standard", "total_max_attempts": 10})


@dataclass(frozen=True, slots=True)
class Account:
    """A subscription, and its journal, oldest first."""

    subscription: Subscription
    entries: Sequence[Entry]


def rows(client: "DynamoDBClient", table: str, segment: int, segments: int) -> Iterator[Item]:
    """One segment of the table, a moment old, at half the price of a consistent read.

    All rows of a subscription come one after the other, its item behind its journal, as their keys sort.
    """
    pages = client.get_paginator("scan").paginate(TableName=table, Segment=segment, TotalSegments=segments)
    for page in pages:
        yield from map(from_wire, page["Items"])


def accounts(rows: Iterable[Item]) -> Iterator[Account]:
    """The subscriptions among these rows of a segment."""
    place, entries = "", list[Entry]()
    for row in rows:
        if row["pk"] != place:
            place, entries = row["pk"], []
        if row["sk"].startswith(keys.JOURNAL):
            entries.append(entry_in(row))
        elif row["sk"] == keys.SUBSCRIPTION:
            tail = carried(row)
            if tail and (not entries or entries[-1].seq < tail.row["seq"]):
                entries.append(entry_in(tail.row))
            yield Account(subscription_in(row), entries)


def read_again(store: Store, partner: str, id: str) -> Account:
    """The same by consistent reads: what a scan shows of a subscription that is written meanwhile may not fit."""
    while True:
        subscription = store.subscription(partner, id)
        entries: list[Entry] = []
        cursor: str | None = None
        while True:
            page = store.journal(partner, id, PAGE, cursor, money_only=False)
            entries += page.rows
            cursor = page.cursor
            if cursor is None:
                break
        if store.subscription(partner, id).version == subscription.version:
            return Account(subscription, entries[::-1])


def all_accounts(client: "DynamoDBClient", table: str, segments: int = SEGMENTS) -> Iterator[Account]:
    """Of the whole table: each segment is read by a thread of its own. Raises StoreUnavailable."""

    def read(segment: int) -> Iterator[Account]:
        return accounts(rows(client, table, segment, segments))

    try:
        yield from _side_by_side([partial(read, segment) for segment in range(segments)])
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable("The table could not be read to its end; nothing is proved.") from error


def scan(table: str) -> Iterator[Account]:
    """Of the whole table, by a client with patience. Raises StoreUnavailable."""
    return all_accounts(boto3.client("dynamodb", config=client_config().merge(PATIENT)), table)


def _side_by_side[T](sources: Sequence[Callable[[], Iterator[T]]]) -> Iterator[T]:
    """What all sources yield, as it comes. Raises what one of them raises; ends them when nobody takes more."""
    taken: Queue[T | Exception | None] = Queue(WAITING)

    def read(source: Callable[[], Iterator[T]]) -> None:
        with suppress(ShutDown):
            try:
                for each in source():
                    taken.put(each)
            except Exception as error:
                taken.put(error)
            taken.put(None)

    for source in sources:
        Thread(target=read, args=(source,), daemon=True).start()
    left = len(sources)
    try:
        while left:
            each = taken.get()
            if each is None:
                left -= 1
            elif isinstance(each, Exception):
                raise each
            else:
                yield each
    finally:
        taken.shutdown(immediate=True)
