"""The Runs port on DynamoDB: one partition a rail and day, one row a plan."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, override

from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.store import keys
from pinbill.store.items import Item, present, time_in_or_none, time_out_or_none
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.table import ABSENT, Put, Table, equals
from pinbill.usecases.ports.billing import Runs

KEPT = timedelta(days=400)
VERSION = "version"


class DynamoRuns(Runs):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def of_day(self, rail: RailName, day: date) -> Sequence[Progress]:
        rows = self._table.query("pk = :pk", {"pk": keys.run_pk(rail, day)})
        return [_progress_in(Place(rail, day, *keys.partner_and_plan(row["sk"])), row) for row in rows]

    @override
    def progress(self, place: Place) -> Progress:
        row = self._table.get(keys.run(place))
        return _progress_in(place, row) if row else Progress(place)

    @override
    def put(self, progress: Progress) -> bool:
        condition = ABSENT if progress.version == 0 else equals(VERSION, progress.version)
        try:
            self._table.write([Put(_progress_out(progress), condition)], self._table.new_write_id())
        except ConditionFailed:
            return False
        return True


def _progress_out(progress: Progress) -> Item:
    gone = datetime.combine(progress.place.day, time(), UTC) + KEPT
    return present(
        {
            **keys.run(progress.place),
            VERSION: progress.version + 1,
            "expected": progress.expected,
            "handed": progress.handed,
            "since": time_out_or_none(progress.since),
            "last": time_out_or_none(progress.last),
            "first": _tried_out(progress.first),
            "again": _tried_out(progress.again),
            "accepted": progress.accepted or None,
            "ttl": int(gone.timestamp()),
        }
    )


def _progress_in(place: Place, row: Mapping[str, Any]) -> Progress:
    return Progress(
        place,
        expected=int(row["expected"]) if "expected" in row else None,
        handed=int(row["handed"]),
        since=time_in_or_none(row.get("since")),
        last=time_in_or_none(row.get("last")),
        first=_tried_in(row["first"]),
        again=_tried_in(row["again"]),
        accepted=row.get("accepted", False),
        version=int(row[VERSION]),
    )


def _tried_out(tried: Tried) -> Item:
    return {"asked": tried.asked, "paid": tried.paid, "by": {name.value: n for name, n in tried.outcomes.items()}}


def _tried_in(row: Mapping[str, Any]) -> Tried:
    return Tried({Outcome(name): int(n) for name, n in row["by"].items()}, int(row["asked"]), int(row["paid"]))
