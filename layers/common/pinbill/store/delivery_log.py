"""The DeliveryLog port on DynamoDB: the deliveries of a batch in one compressed row, which expires."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import override

from pinbill.domain.deliveries import KEPT, Delivery
from pinbill.domain.webhooks import Place
from pinbill.errors import CursorInvalid
from pinbill.store import webhook_keys as keys
from pinbill.store.items import Item
from pinbill.store.keys import JUST_AFTER
from pinbill.store.table import Put, Table
from pinbill.usecases.ports.store import Page
from pinbill.usecases.ports.webhooks import DeliveryLog

TOGETHER = 1_000  # deliveries of one row: tens of kilobytes, and its largest answer far below a megabyte
PART = 1_000  # of what was logged in a time, given out at once
LONGEST_BATCH = timedelta(minutes=5)  # a row has the time of its newest delivery
_BEYOND_ALL = "9"  # the year
_MILLISECOND = timedelta(milliseconds=1)
_CURSOR = re.compile(r"([0-9T:.-]{26}Z#[A-Za-z0-9_-]{1,40})/([0-9]{1,6})")


class DynamoDeliveryLog(DeliveryLog):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def add(self, place: Place, deliveries: Sequence[Delivery]) -> None:
        for first in range(0, len(deliveries), TOGETHER):
            some = deliveries[first : first + TOGETHER]
            write_id = self._table.new_write_id()
            newest = max(delivery.at for delivery in some)
            row: Item = {
                **keys.logged(place.partner, place.endpoint_id, newest, write_id),
                "log": pack(some, newest),
                "ttl": int((newest + KEPT).timestamp()),
            }
            self._table.write([Put(row)], write_id)

    @override
    def newest(self, partner: str, endpoint_id: str, limit: int, cursor: str | None) -> Page[Delivery]:
        sk, skipped = _position(cursor) if cursor is not None else (_BEYOND_ALL, 0)
        bounds = {"pk": keys.log_pk(partner, endpoint_id), "newest": sk}
        rows = self._table.query("pk = :pk AND sk <= :newest", bounds, ScanIndexForward=False, Limit=10)
        found: list[Delivery] = []
        for row in rows:
            newest_first = [*_deliveries(row)][::-1]
            left = newest_first[skipped:] if row["sk"] == sk else newest_first
            passed = len(newest_first) - len(left)
            taken = left[: limit - len(found)]
            found += taken
            if len(found) == limit:
                return Page(found, _cursor(row["sk"], passed + len(taken)))
        return Page(found)

    @override
    def between(
        self, partner: str, endpoint_id: str, since: datetime, until: datetime, cursor: str | None
    ) -> Page[Delivery]:
        first = _position(cursor)[0] + JUST_AFTER if cursor is not None else keys.logged_at(since)
        bounds = {"pk": keys.log_pk(partner, endpoint_id), "first": first, "end": keys.logged_at(until + LONGEST_BATCH)}
        found: list[Delivery] = []
        for row in self._table.query("pk = :pk AND sk BETWEEN :first AND :end", bounds, Limit=10):
            found += [each for each in _deliveries(row) if since <= each.at < until]
            if len(found) >= PART:
                return Page(found, _cursor(row["sk"], 0))
        return Page(found)


def pack(deliveries: Sequence[Delivery], newest: datetime) -> str:
    """By columns, since those are alike: a line takes about 20 bytes."""
    columns = [
        [(newest - each.at) // _MILLISECOND for each in deliveries],
        [each.subscription_id for each in deliveries],
        [each.seq for each in deliveries],
        [each.number for each in deliveries],
        [each.code for each in deliveries],
        [each.ms for each in deliveries],
    ]
    return base64.b85encode(zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), 9)).decode()


def unpack(text: str, newest: datetime) -> Iterator[Delivery]:
    for before, id, seq, number, code, ms in zip(*json.loads(zlib.decompress(base64.b85decode(text))), strict=True):
        yield Delivery(newest - before * _MILLISECOND, id, seq, number, code, ms)


def _deliveries(row: Item) -> Iterator[Delivery]:
    return unpack(row["log"], keys.time_of(row["sk"]))


def _cursor(sk: str, skipped: int) -> str:
    return base64.urlsafe_b64encode(f"{sk}/{skipped}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, int]:
    """Raises CursorInvalid for everything that `_cursor` does not give."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise CursorInvalid
    return found[1], int(found[2])
