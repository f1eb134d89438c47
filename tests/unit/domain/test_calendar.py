"""Each moment belongs to one period or one pause, for every start day, kind of zone, unit and count, to the second."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinbill.domain.pausing import pause, resume
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.own_calendar import Anchor
from tests.unit.domain.samples import standing

COUNTS = (1, 2, 3, 6, 12, 13)
RECURRENCES = [Recurrence(unit, count) for unit, count in product(Unit, COUNTS)]
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAUSE = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of zone: an example, the first of its 366 start days, and times of the day at which its clocks leap."""

    zone: str
    first_day: date
    times: tuple[time, time]  # one that is left out, one that comes twice


RULES = {
    "no change": Rule("Asia/Kolkata", date(2028, 1, 1), (time(0), time(23, 59, 59))),
    "northern": Rule("Europe/London", date(2028, 1, 1), (time(1, 30), time(1, 0))),
    "southern, at midnight": Rule("America/Santiago", date(2028, 1, 1), (time(0, 30), time(23, 30))),
    "half an hour": Rule("Australia/Lord_Howe", date(2028, 1, 1), (time(2, 15), time(1, 45))),
    "a day left out": Rule("Pacific/Apia", date(2011, 3, 1), (time(3, 30), time(3, 0))),
    "winter is the exception": Rule("Europe/Dublin", date(2028, 1, 1), (time(1, 59, 59), time(1, 30))),
    "Ramadan": Rule("Africa/Casablanca", date(2028, 1, 1), (time(2, 0), time(2, 30))),
}
every_rule = pytest.mark.parametrize("kind", RULES)
every_unit = pytest.mark.parametrize("unit", Unit)


def schedules(rule: Rule, recurrences: Iterable[Recurrence]) -> Iterator[Schedule]:
    """For each recurrence 366 schedules, one for each start day; their times are the rule's in turn."""
    for recurrence in recurrences:
        for day in range(366):
            anchor = datetime.combine(rule.first_day + timedelta(days=day), rule.times[day % 2])
            yield Schedule(anchor, rule.zone, recurrence)


def of(unit: Unit) -> list[Recurrence]:
    return [recurrence for recurrence in RECURRENCES if recurrence.unit is unit]


@every_rule
def test_the_zones_are_what_they_are_said_to_be(kind: str) -> None:
    rule = RULES[kind]
    zone = ZoneInfo(rule.zone)
    noons = [datetime.combine(rule.first_day, time(12), UTC) + day * DAY for day in range(366)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]

    leaps = {after - before for before, after in pairwise(offsets) if before is not None and after is not None}

    expected = {
        "no change": {timedelta()},
        "half an hour": {timedelta(), HOUR / 2, -HOUR / 2},
        "a day left out": {timedelta(), HOUR, -HOUR, DAY},
    }
    assert leaps == expected.get(kind, {timedelta(), HOUR, -HOUR})
    if len(leaps) > 1:
        assert {leaves_out(rule, rule.times[0]), repeats(rule, rule.times[1])} == {True}


def leaves_out(rule: Rule, at: time) -> bool:
    """Whether there is a day on which the clock never shows this time."""
    locals_ = (datetime.combine(rule.first_day + day * DAY, at, ZoneInfo(rule.zone)) for day in range(366))
    return any(local.astimezone(UTC).astimezone(local.tzinfo).time() != at for local in locals_)


def repeats(rule: Rule, at: time) -> bool:
    """Whether there is a day on which the clock shows this time twice, in the zone's year of 366 days."""
    locals_ = (datetime.combine(rule.first_day + day * DAY, at, ZoneInfo(rule.zone)) for day in range(366))
    return any(local.utcoffset() > local.replace(fold=1).utcoffset() for local in locals_)  # type: ignore[operator]


@every_rule
@every_unit
def test_periods_of_every_start_day_tile_time(unit: Unit, kind: str) -> None:
    """By the simulation's own calendar; only a day that a country left out is an empty period, and never current."""
    for schedule in schedules(RULES[kind], of(unit)):
        own = Anchor(schedule.anchor, schedule.zone, schedule.recurrence)
        starts = [schedule.start(period) for period in range(1, 6)]
        assert starts == [own.start(period) for period in range(1, 6)]
        empty = [before for before, after in pairwise(starts) if before >= after]
        assert len(empty) <= (kind == "a day left out"), schedule
        third = schedule.period_at(starts[2])
        assert starts[third - 1] == starts[2], schedule
        assert schedule.period_at(starts[third] - SECOND) == third, schedule
        assert schedule.period_at(starts[0] - SECOND) == 0, schedule


# --- through pauses


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a subscription's life: in this period (0: the free time before the first), or in a pause."""

    begin: datetime
    end: datetime
    period: int | None


@dataclass(slots=True)
class Life:
    """A subscription whose bills are paid when they are due, all of it in pieces, and how long each period was sold."""

    subscription: Subscription
    now: datetime
    pieces: list[Piece]
    sold: dict[int, timedelta]

    @classmethod
    def begin(cls, schedule: Schedule, free: timedelta = timedelta()) -> "Life":
        state = State.TRIALING if free else State.ACTIVE
        subscription = replace(STANDING[state], schedule=schedule, timers={Timer.BILL: schedule.start(1)})
        now = schedule.start(1) - free
        return cls(subscription, now, [], {0: free} if free else {})

    @property
    def schedule(self) -> Schedule:
        assert self.subscription.schedule is not None
        return self.subscription.schedule

    def run(self, length: timedelta) -> None:
        """Live on, by the calendar as it stands."""
        until, schedule = self.now + length, self.schedule
        period = schedule.period_at(self.now)
        begins = self.now
        while True:
            ends = schedule.start(period + 1)
            self.sold.setdefault(period, ends - schedule.start(period))
            self._add(begins, min(ends, until), period)
            if ends > until:
                break
            begins, period = ends, period + 1
        self.now = until
        state, timers = State.ACTIVE if period else State.TRIALING, {Timer.BILL: schedule.start(period + 1)}
        self.subscription = replace(self.subscription, state=state, next_period=period + 1, timers=timers)

    def rest(self, length: timedelta) -> None:
        """A pause."""
        before = self.subscription
        paused = pause(before, self.now)
        assert paused is not None
        began, self.now = self.now, self.now + length
        resumed = resume(paused.after, self.now)
        assert resumed is not None
        after = resumed.after
        assert (after.state, after.next_period) == (before.state, before.next_period)
        if not length:
            assert (after.schedule, after.timers) == (before.schedule, before.timers)
        self._add(began, self.now, PAUSE)
        self.subscription = after

    def _add(self, begin: datetime, end: datetime, period: int | None) -> None:
        if begin < end:
            self.pieces.append(Piece(begin, end, period))

    def check(self) -> None:
        """One piece begins where another ends, periods come in their order, and each is as long as it was sold."""
        assert all(before.end == after.begin for before, after in pairwise(self.pieces))
        periods = [piece.period for piece in self.pieces if piece.period is not PAUSE]
        assert periods == sorted(periods)
        lived: dict[int, timedelta] = {}
        for piece in self.pieces:
            if piece.period is not PAUSE:
                lived[piece.period] = lived.get(piece.period, timedelta()) + piece.end - piece.begin
        for period in sorted(lived)[:-1]:  # the last one may go on
            more = lived[period] - self.sold[period]
            assert timedelta() <= more < SECOND * self._interruptions(period) or more == self._waited(period), period

    def _interruptions(self, period: int) -> int:
        """Each may give a part of a second, and the comparison needs one more."""
        return 1 + sum(1 for piece in self.pieces if piece.period == period)

    def _waited(self, period: int) -> timedelta:
        """How long the end of a period was put off, because the hour in which it fell is repeated."""
        ends = next(piece.end for piece in reversed(self.pieces) if piece.period == period)
        wanted = ends - sum(
            (piece.end - piece.begin for piece in self.pieces if piece.period == period), -self.sold[period]
        )
        zone = ZoneInfo(self.schedule.zone)
        is_repeated = wanted.astimezone(zone).fold and not ends.astimezone(zone).fold
        return ends - wanted if is_repeated and ends - wanted <= HOUR else timedelta(-1)


STANDING = {
    State.ACTIVE: standing(State.ACTIVE),
    State.TRIALING: standing(State.TRIALING),
}
LENGTHS = (SECOND, timedelta(minutes=30), HOUR, timedelta(hours=25), 9 * DAY, 31 * DAY, 200 * DAY)


@every_rule
@every_unit
def test_a_pause_of_any_period_keeps_what_was_paid(unit: Unit, kind: str) -> None:
    """For every start day and count: paused at a moment of the first two periods, for a second to half a year; and for
    no time at all, which changes no date."""
    moments = random.Random(f"{unit} {kind}")
    for schedule in schedules(RULES[kind], of(unit)):
        ahead = (schedule.start(3) - schedule.start(1)) // SECOND
        life = Life.begin(schedule)
        life.run(moments.randrange(ahead) * SECOND)
        if schedule.recurrence.count == 1:
            life.rest(timedelta())
        life.rest(moments.choice(LENGTHS))
        life.run(schedule.start(4) - schedule.start(1))
        life.check()


zones = st.sampled_from([rule.zone for rule in RULES.values()])
recurrences = st.builds(Recurrence, st.sampled_from(Unit), st.sampled_from(COUNTS))
moments = st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
runs = st.timedeltas(timedelta(), 800 * DAY) | st.timedeltas(timedelta(), HOUR)
rests = st.timedeltas(timedelta(), 400 * DAY) | st.sampled_from([timedelta(), SECOND, HOUR, DAY])


@given(
    at=moments,
    zone=zones,
    recurrence=recurrences,
    free=st.sampled_from([0, 1, 30]),
    story=st.lists(st.tuples(runs, rests), min_size=1, max_size=5),
)
@example(datetime(2011, 12, 28, 12, tzinfo=UTC), "Pacific/Apia", RECURRENCES[0], 0, [(DAY, DAY), (DAY, HOUR)])
@example(datetime(2028, 10, 28, 0, 30, tzinfo=UTC), "Europe/London", RECURRENCES[0], 0, [(HOUR, HOUR), (DAY, DAY)])
def test_any_pauses_leave_every_moment_in_one_place_and_every_period_whole(
    at: datetime, zone: str, recurrence: Recurrence, free: int, story: Sequence[tuple[timedelta, timedelta]]
) -> None:
    life = Life.begin(Schedule.starting(at, zone, recurrence), free * DAY)

    for runs, rests in story:
        life.run(runs)
        life.rest(rests)
    life.run(800 * DAY)

    life.check()


@given(
    at=moments, zone=zones, recurrence=recurrences, used=runs, lasts=st.timedeltas(SECOND, 400 * DAY), moment=moments
)
def test_a_moment_after_a_pause_lies_in_the_period_that_is_named(
    at: datetime, zone: str, recurrence: Recurrence, used: timedelta, lasts: timedelta, moment: datetime
) -> None:
    """Before the new start it is the interrupted one."""
    life = Life.begin(Schedule.starting(at, zone, recurrence))
    life.run(used)
    interrupted = life.schedule.period_at(life.now)
    life.rest(lasts)
    schedule = life.schedule

    period = schedule.period_at(moment)

    assert period >= interrupted == schedule.first - 1
    assert moment < schedule.start(period + 1)
    assert period == interrupted or schedule.start(period) <= moment
