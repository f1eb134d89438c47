"""The journal of every call received by the simulated providers, without any secret of it."""

from dataclasses import dataclass
from typing import Any

from local.simulators.clock import Clock
from local.simulators.database import Database

_FILTERS = ("provider", "environment", "method", "msisdn", "mandate", "reference", "outcome", "http_status", "fault")


@dataclass(frozen=True, slots=True)
class Call:
    """Who was called about whom. `msisdn` is digits without the plus; `mandate` is a subReferenceId."""

    provider: str
    environment: str
    method: str
    msisdn: str | None = None
    mandate: int | None = None
    reference: str | None = None


class CallJournal:
    """Append-only list of received calls."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(
        self, call: Call, outcome: str, http_status: int | None, authorised: bool = True, fault: str | None = None
    ) -> None:
        """Write one call; `http_status` is None when no answer was sent."""
        self._database.insert(
            "calls",
            at=self._clock.stamp(),
            provider=call.provider,
            environment=call.environment,
            method=call.method,
            msisdn=call.msisdn,
            mandate=call.mandate,
            reference=call.reference,
            outcome=outcome,
            http_status=http_status,
            authorised=int(authorised),
            fault=fault,
        )

    def find(self, filters: dict[str, Any], after: int, limit: int) -> list[dict[str, Any]]:
        """Calls that fit with an id above `after`, oldest first."""
        wanted = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
        where = "".join(f" AND {name} = ?" for name in wanted)
        rows = self._database.rows(
            f"SELECT * FROM calls WHERE id > ?{where} ORDER BY id LIMIT ?",  # noqa: S608 - names from _FILTERS only
            after,
            *wanted.values(),
            limit,
        )
        return [row | {"authorised": bool(row["authorised"])} for row in rows]
