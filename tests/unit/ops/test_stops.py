"""What an operator sees of stops."""

from datetime import UTC, datetime

import pytest

from ops.stops import go_on, listed, stop
from pinbill.domain.stops import Scope
from pinbill.errors import NotFound
from tests.fakes.stops import InMemoryStops

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_a_stop_is_listed_with_who_and_why_until_it_goes_on() -> None:
    stops, plan = InMemoryStops(), Scope.parse("plan/acme/weekly")

    (line,) = stop(stops, plan, "ann", "wrong price", NOW)
    assert line.startswith("plan/acme/weekly is stopped")
    assert list(listed(stops)) == ["plan/acme/weekly since 2026-11-05 10:00Z by ann: wrong price"]
    assert list(go_on(stops, plan)) == ["plan/acme/weekly goes on"]
    assert list(listed(stops)) == []


def test_who_lets_one_scope_go_on_sees_what_is_still_stopped() -> None:
    stops = InMemoryStops()
    list(stop(stops, Scope(), "ann", "an incident", NOW))
    list(stop(stops, Scope.parse("partner/acme"), "ben", "their wish", NOW))

    assert list(go_on(stops, Scope.parse("partner/acme"))) == [
        "partner/acme goes on",
        "still stopped: everything since 2026-11-05 10:00Z by ann: an incident",
    ]


def test_letting_go_on_what_is_not_stopped_is_refused() -> None:
    stops = InMemoryStops()
    list(stop(stops, Scope(), "ann", "an incident", NOW))

    with pytest.raises(NotFound, match="rail/signzy is not stopped"):
        list(go_on(stops, Scope.parse("rail/signzy")))
    assert len(stops.standing()) == 1
