"""The Counters port on DynamoDB, in a table of its own: a row for each partner, use and day, an update a request.

A row counts its day under `n`, each minute under its name, and each key. So both limits are tested and both counts
taken by one conditional update, whatever other processes do meanwhile, and nothing is to be reset when a minute begins.
Minutes that are over are taken out by the next update of a process that has seen them: a row stays below a kilobyte.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, override

from pinbill.domain.allowances import Limit, Span, Use
from pinbill.errors import StoreUnavailable
from pinbill.store.keys import Key
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.retrying import Throttled, Transient
from pinbill.store.table import Table
from pinbill.usecases.ports.counting import Counters, CountersBusy, DayOfUse

KEPT = timedelta(days=35)
# A minute that ended so long ago is over by every process's clock.
OVER = timedelta(minutes=2)
MOST_REMOVED = 50  # of one update
DAY, MINUTE, KEY = "n", "m", "k."


class DynamoCounters(Counters):
    def __init__(self, table: Table) -> None:
        self._table = table
        self._over: dict[tuple[str, Use], tuple[Key, Sequence[str]]] = {}  # a row, and minutes that it need not count

    @override
    def count(self, partner: str, key_id: str, use: Use, limit: Limit, at: datetime) -> Span | None:
        key = _row(partner, at.date(), use)
        names = {"day": DAY, "minute": _minute(at), "key": f"{KEY}{key_id}", "ttl": "ttl"}
        values = {"one": 1, "gone": _gone(at), "a_minute": limit.a_minute}
        condition = "(attribute_not_exists(#minute) OR #minute < :a_minute)"
        if limit.a_day is not None:
            values["a_day"] = limit.a_day
            condition += " AND (attribute_not_exists(#day) OR #day < :a_day)"
        update = "ADD #day :one, #minute :one, #key :one SET #ttl = :gone"
        over = self._over_in(partner, use, key)
        if over:
            names |= {f"over{n}": name for n, name in enumerate(over)}
            update += " REMOVE " + ", ".join(f"#over{n}" for n in range(len(over)))
        try:
            row = self._table.update_once(key, update, names, values, condition)
        except ConditionFailed as failed:
            return _full(failed.stored[0] or {}, limit)
        except Throttled:
            raise CountersBusy from None
        except Transient:
            raise StoreUnavailable from None
        self._over[partner, use] = key, _over(row, at)
        return None

    def _over_in(self, partner: str, use: Use, row: Key) -> Sequence[str]:
        """What is to be taken out of this row."""
        known, over = self._over.get((partner, use), (row, ()))
        return over if known == row else ()

    @override
    def used(self, partner: str, since: date) -> Sequence[DayOfUse]:
        rows = self._table.query("pk = :pk AND sk >= :since", {"pk": partner, "since": since.isoformat()})
        return [_day_in(row) for row in rows]


def _row(partner: str, day: date, use: Use) -> Key:
    return {"pk": partner, "sk": f"{day.isoformat()}#{use}"}


def _minute(at: datetime) -> str:
    return f"{MINUTE}{at:%H%M}"


def _gone(at: datetime) -> int:
    """When DynamoDB may take the row away, in seconds since 1970."""
    return int((datetime.combine(at.date(), time(), UTC) + KEPT).timestamp())


def _full(row: Mapping[str, Any], limit: Limit) -> Span:
    """Which limit refused the count."""
    return Span.DAY if limit.a_day is not None and row.get(DAY, 0) >= limit.a_day else Span.MINUTE


def _over(row: Mapping[str, Any], at: datetime) -> Sequence[str]:
    """The minutes of the row that no process counts any more."""
    oldest = _minute(at - OVER) if (at - OVER).date() == at.date() else MINUTE
    return sorted(name for name in row if name.startswith(MINUTE) and name < oldest)[:MOST_REMOVED]


def _day_in(row: Mapping[str, Any]) -> DayOfUse:
    day, _, use = row["sk"].partition("#")
    by_key = {name.removeprefix(KEY): int(count) for name, count in row.items() if name.startswith(KEY)}
    return DayOfUse(date.fromisoformat(day), Use(use), int(row[DAY]), by_key)
