"""The record of exports and erasures: who asked for what and why, and never of which number.

It lies beside the keys, in the table without backups: a backup of the other table that is brought back does not bring
back what was done before an erasure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pinbill.store.data_keys import Place
from pinbill.store.items import Item, present, time_in, time_in_or_none, time_out, time_out_or_none
from pinbill.store.keys import due_position
from pinbill.store.table import Put, Table

REQUESTS = "REQUESTS"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """`kind` is export or erase; `done_at` None says that it was begun and has not ended."""

    kind: str
    at: datetime
    by: str
    because: str
    places: Sequence[Place]
    done_at: datetime | None = None


class PrivacyRequests:
    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, request: PrivacyRequest) -> None:
        """Written anew when it is done. Raises StoreUnavailable: then nothing is to be done."""
        self._table.write([Put(_out(request))], self._table.new_write_id())

    def all(self) -> Iterator[PrivacyRequest]:
        """The newest first."""
        rows = self._table.query("pk = :pk", {"pk": REQUESTS}, ScanIndexForward=False)
        return map(_in, rows)


def _out(request: PrivacyRequest) -> Item:
    return present(
        {
            "pk": REQUESTS,
            "sk": f"{due_position(request.at)}#{request.kind}",
            "kind": request.kind,
            "at": time_out(request.at),
            "by": request.by,
            "because": request.because,
            "places": [f"{partner}#{id}" for partner, id in request.places],
            "done": time_out_or_none(request.done_at),
        }
    )


def _in(row: Item) -> PrivacyRequest:
    places = [tuple(place.split("#")) for place in row["places"]]
    return PrivacyRequest(
        row["kind"],
        time_in(row["at"]),
        row["by"],
        row["because"],
        [(partner, id) for partner, id in places],
        time_in_or_none(row.get("done")),
    )
