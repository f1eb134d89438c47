"""What every keeper of progress promises: counts of processes that write at the same moment are not lost."""

from dataclasses import replace
from datetime import timedelta

from pinbill.domain.catalog import RailName
from pinbill.domain.progress import Outcome, Place, Progress, Tried
from pinbill.usecases.ports.billing import Runs
from tests.fakes.clock import START

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
DAY = START.date()
PLACE = Place(PHONE, DAY, "acme", "games-weekly")
TRIED = Tried({Outcome.PAID: 2, Outcome.UNKNOWN: 1}, 1350, 900)


def test_a_day_of_which_nothing_was_written_is_empty(runs: Runs) -> None:
    assert runs.progress(PLACE) == Progress(PLACE)
    assert list(runs.of_day(PHONE, DAY)) == []


def test_progress_is_read_back_as_it_was_written(runs: Runs) -> None:
    since, last = START + timedelta.resolution, START + timedelta(minutes=1)
    whole = Progress(PLACE, 5, 3, since, last, TRIED, Tried({Outcome.FAILED: 1}, 450), accepted=True)

    assert runs.put(whole)

    assert runs.progress(PLACE) == replace(whole, version=1)
    assert list(runs.of_day(PHONE, DAY)) == [replace(whole, version=1)]


def test_of_two_that_write_the_same_version_one_is_told_to_count_anew(runs: Runs) -> None:
    first = Progress(PLACE).with_handed(1, START)
    assert runs.put(first)
    assert not runs.put(Progress(PLACE).with_handed(2, START))

    stored = runs.progress(PLACE)
    assert runs.put(stored.with_tries(TRIED, Tried()))
    assert not runs.put(stored.with_handed(9, START))
    assert runs.progress(PLACE) == replace(first, first=TRIED, version=2)


def test_a_day_has_its_own_plans_only(runs: Runs) -> None:
    places = [
        PLACE,
        replace(PLACE, plan="games-monthly"),
        replace(PLACE, partner="bravo"),
        replace(PLACE, rail=BANK),
        replace(PLACE, day=DAY + timedelta(days=1)),
    ]
    for place in places:
        assert runs.put(Progress(place))

    assert sorted(progress.place for progress in runs.of_day(PHONE, DAY)) == sorted(places[:3])
    assert [progress.place for progress in runs.of_day(BANK, DAY)] == [places[3]]
