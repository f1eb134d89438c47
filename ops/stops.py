"""Stop billing, everywhere or in a part of the business, and let it go on."""

from collections.abc import Iterator
from datetime import date, datetime

from ops.billing_days import accept
from pinbill.domain.stops import Scope, Stop
from pinbill.errors import NotFound
from pinbill.store.stops import KNOWN_SECONDS
from pinbill.usecases.guard import BY as HALTED_BY
from pinbill.usecases.ports.billing import Runs, Stops


def stop(stops: Stops, scope: Scope, by: str, because: str, now: datetime) -> Iterator[str]:
    stops.put(Stop(scope, by, because, now))
    yield f"{scope.name} is stopped; within {KNOWN_SECONDS:.0f} seconds no further bill of it is asked for"


def go_on(stops: Stops, runs: Runs, scope: Scope, today: date) -> Iterator[str]:
    """Raises NotFound for what is not stopped: a slip must not look like a repair.

    A plan that was halted by its own guard goes on for the rest of the day whatever comes of its bills."""
    lifted = next((standing for standing in stops.standing() if standing.scope == scope), None)
    if lifted is None:
        raise NotFound(f"{scope.name} is not stopped; nothing was changed.")
    accepted = list(accept(runs, scope, today)) if lifted.by == HALTED_BY else []
    stops.lift(scope)
    yield f"{scope.name} goes on"
    yield from accepted
    yield from (f"still stopped: {line}" for line in listed(stops) if line)


def listed(stops: Stops) -> Iterator[str]:
    for standing in sorted(stops.standing(), key=lambda each: each.at):
        yield f"{standing.scope.name} since {standing.at:%Y-%m-%d %H:%M}Z by {standing.by}: {standing.because}"
