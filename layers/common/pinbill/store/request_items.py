"""What is remembered of requests with an Idempotency-Key as items, and back."""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.repeats import Outcome, Remembered
from pinbill.store.items import Item, present, time_in, time_out
from pinbill.store.keys import Key
from pinbill.store.table import ABSENT, Put, equals


def remembering(key: Key, request: Remembered) -> Put:
    """A new request's key is unused, a later write finds the row as it was read: else two would be carried out."""
    before = request.revision - 1
    return Put(_out(key, request), equals("revision", before) if before else ABSENT)


def _out(key: Key, request: Remembered) -> Item:
    return present(
        {
            **key,
            "key": request.key,
            "body": request.body,
            "at": time_out(request.at),
            "outcome": request.outcome.value,
            "subscription": request.subscription,
            "attempt": request.attempt,
            "code": request.code,
            "revision": request.revision,
        }
    )


def remembered_in(item: Mapping[str, Any]) -> Remembered:
    return Remembered(
        key=item["key"],
        body=item["body"],
        at=time_in(item["at"]),
        outcome=Outcome(item["outcome"]),
        subscription=item.get("subscription"),
        attempt=item.get("attempt"),
        code=item.get("code"),
        revision=int(item["revision"]),
    )
