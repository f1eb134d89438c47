"""What every counter of requests promises: of any number at once, exactly the limit is counted.

The DynamoDB in memory plays no updates: what counts in earnest is tried on the engines that do.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pinbill.domain.allowances import Limit, Span, Use
from pinbill.store.counters import DynamoCounters
from pinbill.store.table import Table
from pinbill.usecases.ports.counting import Counters, DayOfUse
from tests.contracts.conftest import client_of
from tests.contracts.engines import LOCAL_AWS, MOTO, MOTO_SERVER, create_table, deployed_table
from tests.fakes.counters import InMemoryCounters
from tests.unit.project.template import load_template, resources_of

NOON = datetime(2026, 11, 5, 12, 0, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PLENTY = 1_000
KEY, OTHER_KEY = "aaaaaaaaaa", "bbbbbbbbbb"
ENGINES = [MOTO, MOTO_SERVER, LOCAL_AWS]
# moto keeps no order among threads; the others do.
PARALLEL = pytest.mark.parametrize("counters", ["memory", MOTO_SERVER, LOCAL_AWS], indirect=True)


@pytest.fixture(params=["memory", *ENGINES])
def counters(request: pytest.FixtureRequest) -> Iterator[Counters]:
    if request.param == "memory":
        yield InMemoryCounters()
        return
    with client_of(request.param, request) as client:
        yield DynamoCounters(Table(client, create_table(client)))


def asked(
    counters: Counters, times: int, limit: Limit, at: datetime = NOON, *, use: Use = Use.READS, key: str = KEY
) -> list[Span | None]:
    return [counters.count("acme", key, use, limit, at) for _ in range(times)]


def test_a_minute_counts_up_to_its_limit_and_the_next_one_begins_anew(counters: Counters) -> None:
    limit = Limit(3, PLENTY)

    assert asked(counters, 5, limit) == [None] * 3 + [Span.MINUTE] * 2
    assert asked(counters, 1, limit, NOON + timedelta(seconds=29.999999)) == [Span.MINUTE]
    assert asked(counters, 4, limit, NOON + timedelta(seconds=30)) == [None] * 3 + [Span.MINUTE]


def test_a_day_counts_up_to_its_limit_over_all_its_minutes(counters: Counters) -> None:
    limit = Limit(2, 5)
    last = NOON.replace(hour=23, minute=59, second=59)

    counted = [span for n in range(4) for span in asked(counters, 2, limit, NOON + n * MINUTE)]

    assert counted == [None] * 5 + [Span.DAY] * 3
    assert asked(counters, 1, limit, last) == [Span.DAY]
    assert asked(counters, 2, limit, last + timedelta(seconds=1)) == [None] * 2


def test_when_both_are_reached_the_day_is_told(counters: Counters) -> None:
    assert asked(counters, 3, Limit(2, 2)) == [None, None, Span.DAY]


def test_without_a_limit_of_the_day_only_the_minute_counts(counters: Counters) -> None:
    counted = [span for n in range(5) for span in asked(counters, 3, Limit(2, None), NOON + n * MINUTE)]

    assert counted == [None, None, Span.MINUTE] * 5


def test_what_is_refused_is_not_counted(counters: Counters) -> None:
    asked(counters, 9, Limit(2, 3))

    assert asked(counters, 1, Limit(2, 3), NOON + MINUTE) == [None]


def test_uses_and_partners_are_counted_apart_and_keys_together(counters: Counters) -> None:
    limit = Limit(1, 1)
    assert asked(counters, 1, limit) == [None]

    assert asked(counters, 1, limit, key=OTHER_KEY) == [Span.DAY]
    assert asked(counters, 1, limit, use=Use.WRITES) == [None]
    assert asked(counters, 1, limit, use=Use.CANCELS) == [None]
    assert counters.count("bravo", KEY, Use.READS, limit, NOON) is None


def test_a_limit_that_is_raised_holds_at_once_and_one_that_is_lowered_too(counters: Counters) -> None:
    asked(counters, 2, Limit(2, 9))

    assert asked(counters, 2, Limit(3, 9)) == [None, Span.MINUTE]
    assert asked(counters, 1, Limit(1, 9)) == [Span.MINUTE]


def test_a_process_whose_clock_is_behind_counts_in_the_minute_that_it_sees_and_in_the_same_day(
    counters: Counters,
) -> None:
    limit = Limit(2, 4)
    asked(counters, 2, limit, NOON + MINUTE)

    assert asked(counters, 3, limit, NOON) == [None, None, Span.DAY]
    assert asked(counters, 1, limit, NOON + MINUTE) == [Span.DAY]


def test_minutes_that_are_over_are_forgotten_and_the_day_is_not(counters: Counters) -> None:
    limit = Limit(1, 200)
    for n in range(150):
        assert asked(counters, 2, limit, NOON + n * MINUTE) == [None, Span.MINUTE]

    assert [(day.requests, day.by_key) for day in counters.used("acme", NOON.date())] == [(150, {KEY: 150})]


def test_the_same_minute_of_the_next_day_begins_anew(counters: Counters) -> None:
    limit = Limit(1, 1)
    for n in range(3):
        assert asked(counters, 2, limit, NOON + n * DAY) == [None, Span.DAY]


@PARALLEL
@pytest.mark.parametrize("limit", [Limit(25, PLENTY), Limit(PLENTY, 25)], ids=["minute", "day"])
def test_of_many_at_once_exactly_the_limit_is_counted(counters: Counters, limit: Limit) -> None:
    found: Counter[Span | None] = Counter()
    gate, lock = threading.Barrier(8), threading.Lock()

    def ask() -> None:
        gate.wait()
        spans = asked(counters, 8, limit)
        with lock:
            found.update(spans)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found[None] == 25
    assert found.total() == 64
    assert [day.requests for day in counters.used("acme", NOON.date())] == [25]


def test_what_was_used_is_told_by_day_use_and_key(counters: Counters) -> None:
    limit = Limit(PLENTY, PLENTY)
    asked(counters, 2, limit, NOON - 2 * DAY)
    asked(counters, 3, limit, NOON - DAY, use=Use.WRITES)
    asked(counters, 1, limit, NOON)
    asked(counters, 4, limit, NOON, key=OTHER_KEY)
    counters.count("bravo", KEY, Use.READS, limit, NOON)

    assert list(counters.used("acme", (NOON - DAY).date())) == [
        DayOfUse((NOON - DAY).date(), Use.WRITES, 3, {KEY: 3}),
        DayOfUse(NOON.date(), Use.READS, 5, {KEY: 1, OTHER_KEY: 4}),
    ]
    assert list(counters.used("nobody", NOON.date())) == []


def test_the_deployed_table_of_counters_has_the_keys_of_the_other() -> None:
    deployed = resources_of(load_template(), "AWS::DynamoDB::Table")["CounterTable"]

    assert deployed["KeySchema"] == deployed_table()["KeySchema"]
    assert deployed["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
