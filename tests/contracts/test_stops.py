"""What every store of stops promises."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pinbill.domain.stops import Scope, Stop
from pinbill.store.stops import KNOWN_SECONDS, DynamoStops
from pinbill.store.table import Table
from pinbill.usecases.ports.billing import Stops
from tests.contracts.conftest import client_of
from tests.contracts.engines import ENGINES, create_table
from tests.fakes.stops import InMemoryStops

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


@pytest.fixture(params=["memory", *ENGINES])
def stops(request: pytest.FixtureRequest) -> Iterator[Stops]:
    if request.param == "memory":
        yield InMemoryStops()
        return
    ticks = itertools.count(0, KNOWN_SECONDS)
    with client_of(request.param, request) as client:
        yield DynamoStops(Table(client, create_table(client)), lambda: next(ticks))


def named(text: str, because: str = "an incident") -> Stop:
    return Stop(Scope.parse(text), "ann", because, NOW)


def test_what_was_stopped_stands_until_it_is_lifted(stops: Stops) -> None:
    for name in ("everything", "rail/signzy", "partner/acme", "plan/acme/weekly"):
        stops.put(named(name))
    stops.lift(Scope.parse("partner/acme"))

    assert {stop.scope.name for stop in stops.standing()} == {"everything", "rail/signzy", "plan/acme/weekly"}
    assert named("plan/acme/weekly") in stops.standing()


def test_a_stop_that_is_put_again_has_the_newer_reason(stops: Stops) -> None:
    stops.put(named("everything", "one"))
    stops.put(named("everything", "two"))

    assert list(stops.standing()) == [named("everything", "two")]


def test_lifting_what_does_not_stand_changes_nothing(stops: Stops) -> None:
    stops.put(named("everything"))

    stops.lift(Scope.parse("rail/signzy"))

    assert list(stops.standing()) == [named("everything")]
