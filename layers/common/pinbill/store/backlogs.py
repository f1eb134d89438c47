"""The Backlogs port on DynamoDB: what each endpoint is owed, and one partition that names who is owed anything."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any, override

from pinbill.domain.deliveries import KEPT, Backlog, Behind, Health
from pinbill.domain.webhooks import Place
from pinbill.store import webhook_keys as keys
from pinbill.store.items import Item, present, time_in, time_in_or_none, time_out, time_out_or_none
from pinbill.store.keys import JUST_AFTER, Key
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.table import ABSENT, Delete, Put, Table, equals
from pinbill.usecases.ports.webhooks import Backlogs

VERSION, VERSION_BITS = "version", 48
# An endpoint that was switched off leaves rows that nobody reads again.
EXPIRY = KEPT + timedelta(days=5)


def _any_version() -> int:
    return 1 + secrets.randbits(VERSION_BITS)


class DynamoBacklogs(Backlogs):
    """A row's first version is drawn by lot: one that was removed and made anew is no version that anybody has read."""

    def __init__(self, table: Table, first_version: Callable[[], int] = _any_version) -> None:
        self._table = table
        self._first_version = first_version

    @override
    def all_behind(self) -> Mapping[Place, Behind]:
        rows = self._table.query("pk = :pk", {"pk": keys.BEHIND})
        return {keys.place_of(row["sk"]): _behind_in(row) for row in rows}

    @override
    def behind(self, place: Place) -> Behind | None:
        row = self._table.get(keys.behind(place))
        return _behind_in(row) if row else None

    @override
    def put_behind(self, place: Place, behind: Behind) -> Behind | None:
        version = self._put({**keys.behind(place), **_behind_out(behind)}, behind.version)
        return replace(behind, version=version) if version else None

    @override
    def not_behind(self, place: Place, behind: Behind) -> bool:
        return self._delete(keys.behind(place), behind.version)

    @override
    def backlog(self, place: Place, subscription_id: str, *, is_replay: bool) -> Backlog | None:
        row = self._table.get(keys.backlog(place, subscription_id, is_replay=is_replay))
        return _backlog_in(row) if row else None

    @override
    def backlogs(self, place: Place, after: Backlog | None, limit: int) -> Sequence[Backlog]:
        beyond = _key(place, after)["sk"] + JUST_AFTER if after else JUST_AFTER
        bounds = {"pk": keys.backlogs_pk(place), "beyond": beyond}
        rows = self._table.query("pk = :pk AND sk > :beyond", bounds, Limit=limit)
        return [_backlog_in(row) for row in islice(rows, limit)]

    @override
    def put(self, place: Place, backlog: Backlog) -> Backlog | None:
        version = self._put({**_key(place, backlog), **_backlog_out(backlog)}, backlog.version)
        return replace(backlog, version=version) if version else None

    @override
    def remove(self, place: Place, backlog: Backlog) -> bool:
        return self._delete(_key(place, backlog), backlog.version)

    def _put(self, row: Item, version: int) -> int | None:
        """Its new version; None when the stored one is not this."""
        condition = equals(VERSION, version) if version else ABSENT
        then = version + 1 if version else self._first_version()
        try:
            self._table.write([Put({**row, VERSION: then}, condition)], self._table.new_write_id())
        except ConditionFailed:
            return None
        return then

    def _delete(self, key: Key, version: int) -> bool:
        """A repeat of a delete whose answer was lost finds nothing: that is reported as somebody else's write."""
        try:
            self._table.write([Delete(key, equals(VERSION, version))], self._table.new_write_id())
        except ConditionFailed:
            return False
        return True


def _key(place: Place, backlog: Backlog) -> Key:
    return keys.backlog(place, backlog.subscription_id, is_replay=backlog.is_replay)


def _behind_out(behind: Behind) -> Item:
    health = behind.health
    return present(
        {
            "failing": time_out_or_none(health.failing_since),
            "strikes": health.strikes,
            "held": health.is_held,
            "tries": health.tries,
            "next": time_out_or_none(health.next_at),
            "leased": time_out_or_none(behind.leased_until),
        }
    )


def _behind_in(row: Mapping[str, Any]) -> Behind:
    health = Health(
        failing_since=time_in_or_none(row.get("failing")),
        strikes=int(row["strikes"]),
        is_held=row["held"],
        tries=int(row["tries"]),
        next_at=time_in_or_none(row.get("next")),
    )
    return Behind(health, time_in_or_none(row.get("leased")), int(row[VERSION]))


def _backlog_out(backlog: Backlog) -> Item:
    return present(
        {
            "first": backlog.first,
            "last": backlog.last,
            "since": time_out(backlog.since),
            "tries": backlog.tries,
            "next": time_out_or_none(backlog.next_at),
            "ttl": int((backlog.since + EXPIRY).timestamp()),
        }
    )


def _backlog_in(row: Mapping[str, Any]) -> Backlog:
    kind, _, subscription_id = row["sk"].partition("#")
    return Backlog(
        subscription_id=subscription_id,
        first=int(row["first"]),
        last=int(row["last"]),
        since=time_in(row["since"]),
        is_replay=f"{kind}#" == keys.REPLAY,
        tries=int(row["tries"]),
        next_at=time_in_or_none(row.get("next")),
        version=int(row[VERSION]),
    )
