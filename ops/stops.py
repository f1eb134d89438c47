"""Stop billing, everywhere or in a part of the business, and let it go on."""

from collections.abc import Iterator
from datetime import datetime

from pinbill.domain.stops import Scope, Stop
from pinbill.errors import NotFound
from pinbill.store.stops import KNOWN_SECONDS
from pinbill.usecases.ports import Stops


def stop(stops: Stops, scope: Scope, by: str, because: str, now: datetime) -> Iterator[str]:
    stops.put(Stop(scope, by, because, now))
    yield f"{scope.name} is stopped; within {KNOWN_SECONDS:.0f} seconds no further bill of it is asked for"


def go_on(stops: Stops, scope: Scope) -> Iterator[str]:
    """Raises NotFound for what is not stopped: a slip must not look like a repair."""
    if scope not in {standing.scope for standing in stops.standing()}:
        raise NotFound(f"{scope.name} is not stopped; nothing was changed.")
    stops.lift(scope)
    yield f"{scope.name} goes on"
    yield from (f"still stopped: {line}" for line in listed(stops) if line)


def listed(stops: Stops) -> Iterator[str]:
    for standing in sorted(stops.standing(), key=lambda each: each.at):
        yield f"{standing.scope.name} since {standing.at:%Y-%m-%d %H:%M}Z by {standing.by}: {standing.because}"
