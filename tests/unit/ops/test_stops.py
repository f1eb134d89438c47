"""What an operator sees of stops."""

from datetime import UTC, date, datetime

import pytest

from ops.stops import go_on, listed, stop
from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Place, Progress
from pinbill.domain.stops import Scope, Stop
from pinbill.errors import NotFound
from tests.fakes.runs import InMemoryRuns
from tests.fakes.stops import InMemoryStops

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_a_stop_is_listed_with_who_and_why_until_it_goes_on() -> None:
    stops, plan = InMemoryStops(), Scope.parse("plan/acme/weekly")

    (line,) = stop(stops, plan, "ann", "wrong price", NOW)
    assert line.startswith("plan/acme/weekly is stopped")
    assert list(listed(stops)) == ["plan/acme/weekly since 2026-11-05 10:00Z by ann: wrong price"]
    assert list(go_on(stops, InMemoryRuns(), plan, NOW.date())) == ["plan/acme/weekly goes on"]
    assert list(listed(stops)) == []


def test_who_lets_one_scope_go_on_sees_what_is_still_stopped() -> None:
    stops = InMemoryStops()
    list(stop(stops, Scope(), "ann", "an incident", NOW))
    list(stop(stops, Scope.parse("partner/acme"), "ben", "their wish", NOW))

    assert list(go_on(stops, InMemoryRuns(), Scope.parse("partner/acme"), NOW.date())) == [
        "partner/acme goes on",
        "still stopped: everything since 2026-11-05 10:00Z by ann: an incident",
    ]


def test_letting_go_on_what_is_not_stopped_is_refused() -> None:
    stops = InMemoryStops()
    list(stop(stops, Scope(), "ann", "an incident", NOW))

    with pytest.raises(NotFound, match="rail/signzy is not stopped"):
        list(go_on(stops, InMemoryRuns(), Scope.parse("rail/signzy"), NOW.date()))
    assert len(stops.standing()) == 1


def test_a_plan_that_its_own_guard_has_halted_goes_on_for_the_rest_of_the_day() -> None:
    stops, runs, plan = InMemoryStops(), InMemoryRuns(), Scope.parse("plan/acme/weekly")
    today, yesterday = (Place(RailName.INFOMEDIA, day, "acme", "weekly") for day in (NOW.date(), date(2026, 11, 4)))
    for place in (today, yesterday):
        runs.put(Progress(place, handed=20))
    stops.put(Stop(plan, "pinbill", "75% failed", NOW))

    assert list(go_on(stops, runs, plan, NOW.date())) == [
        "plan/acme/weekly goes on",
        "its guard holds back nothing more of 2026-11-05",
    ]
    assert [runs.progress(place).accepted for place in (today, yesterday)] == [True, False]


def test_what_a_person_has_stopped_is_guarded_when_it_goes_on() -> None:
    stops, runs, plan = InMemoryStops(), InMemoryRuns(), Scope.parse("plan/acme/weekly")
    place = Place(RailName.INFOMEDIA, NOW.date(), "acme", "weekly")
    runs.put(Progress(place, handed=20))
    list(stop(stops, plan, "ann", "wrong price", NOW))

    list(go_on(stops, runs, plan, NOW.date()))

    assert not runs.progress(place).accepted
