"""What every counter of PINs promises: of any number at once, exactly the figure is counted.

The DynamoDB in memory plays no updates: what counts in earnest is tried on the engines that do.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import OF_NOBODY, NumberUse, Sent, Tried
from pinbill.domain.pin_guards import CELLS, Step, partner_tally, prefix_tally
from pinbill.store.numbers import Numbers
from pinbill.store.table import Table
from pinbill.store.tallies import DynamoTallies
from pinbill.usecases.ports.counting import Tallies
from tests.contracts.conftest import client_of
from tests.contracts.engines import LOCAL_AWS, MOTO, MOTO_SERVER, create_table
from tests.fakes.clock import START
from tests.fakes.tallies import InMemoryTallies

ENGINES = [MOTO, MOTO_SERVER, LOCAL_AWS]
# moto keeps no order among threads; the others do.
PARALLEL = pytest.mark.parametrize("tallies", ["memory", MOTO_SERVER, LOCAL_AWS], indirect=True)
NUMBER, OTHER = Msisdn("+447700900123"), Msisdn("+447700900124")
TALLY = partner_tally("acme", START)
NEXT_DAY = partner_tally("acme", START + timedelta(days=1))


@pytest.fixture(params=["memory", *ENGINES])
def tallies(request: pytest.FixtureRequest) -> Iterator[Tallies]:
    if request.param == "memory":
        yield InMemoryTallies()
        return
    with client_of(request.param, request) as client:
        yield DynamoTallies(Table(client, create_table(client)), Numbers(lambda: b"a key for tests"), time.time)


def up(bound: int, name: str = "u", by: int = 1) -> Step:
    return Step(name, by, bound)


def test_a_numbers_use_is_read_as_it_was_written_and_nobody_elses(tallies: Tallies) -> None:
    use = NumberUse(
        (Sent(START, "acme", "ab12"), Sent(START, "bravo", "ab12", counts=True)),
        (Tried(START + timedelta(hours=1), "bravo", 2, 7),),
    )

    assert tallies.put_number(NUMBER, use)

    assert tallies.number(NUMBER) == replace(use, version=1)
    assert tallies.number(OTHER) == NumberUse()


def test_a_use_is_written_only_over_the_version_that_was_read(tallies: Tallies) -> None:
    assert tallies.put_number(NUMBER, NumberUse())
    first = tallies.number(NUMBER)

    assert tallies.put_number(NUMBER, first)
    assert not tallies.put_number(NUMBER, first)
    assert not tallies.put_number(NUMBER, NumberUse())
    assert not tallies.put_number(NUMBER, replace(first, version=OF_NOBODY))
    assert tallies.number(NUMBER).version == 2


def test_steps_up_go_below_their_bound_all_or_none(tallies: Tallies) -> None:
    low, high = up(2), up(9, "n")

    assert [tallies.add(TALLY, [high, low]) for _ in range(3)] == [None, None, low]
    assert [tallies.add(TALLY, [up(3, "n")]) for _ in range(2)] == [None, up(3, "n")]


def test_steps_down_go_above_their_bound(tallies: Tallies) -> None:
    back = Step("u", -200, -300)

    assert [tallies.add(TALLY, [back]) for _ in range(3)] == [None, None, back]
    assert tallies.add(TALLY, [up(-399)]) is None
    assert tallies.add(TALLY, [up(-399)]) == up(-399)


def test_a_bound_that_nothing_meets_refuses_also_where_nothing_was_counted(tallies: Tallies) -> None:
    assert tallies.add(TALLY, [up(0)]) == up(0)
    assert tallies.add(TALLY, [Step("u", -1, 0)]) == Step("u", -1, 0)


def test_what_is_added_in_vain_is_not_counted(tallies: Tallies) -> None:
    for _ in range(3):
        assert tallies.add(TALLY, [up(1)], in_vain=True) is None

    assert tallies.add(TALLY, [up(1)]) is None
    assert tallies.add(TALLY, [up(1)], in_vain=True) == up(1)


def test_a_look_tells_what_is_full_and_counts_nothing(tallies: Tallies) -> None:
    for _ in range(3):
        assert tallies.is_full(TALLY, [up(1)]) is None
    tallies.add(TALLY, [up(1)])

    assert tallies.is_full(TALLY, [up(9, "n"), up(1)]) == up(1)


def test_days_prefixes_and_partners_are_counted_apart(tallies: Tallies) -> None:
    rows = [TALLY, NEXT_DAY, partner_tally("bravo", START), prefix_tally("acme", NUMBER, START)]

    assert [tallies.add(row, [up(1)]) for row in rows] == [None] * 4


def test_an_address_has_a_cell_of_its_own_for_ever(tallies: Tallies) -> None:
    cells = {address: tallies.cell(address) for address in (f"192.0.2.{n}" for n in range(200))}

    assert all(tallies.cell(address) == cell for address, cell in cells.items())
    assert set(cells.values()) <= set(range(CELLS))
    assert len(set(cells.values())) > CELLS / 2


@PARALLEL
def test_of_many_at_once_exactly_the_bound_is_counted(tallies: Tallies) -> None:
    found: list[Step | None] = []
    gate = threading.Barrier(8)

    def count() -> None:
        gate.wait()
        found.extend(tallies.add(TALLY, [up(25), up(999, "n")]) for _ in range(8))

    _at_once(count, 8)

    assert found.count(None) == 25
    assert tallies.is_full(TALLY, [up(25, "n")]) == up(25, "n")


@PARALLEL
def test_of_many_writers_of_a_version_exactly_one_is_the_first(tallies: Tallies) -> None:
    written: list[bool] = []
    gate = threading.Barrier(8)

    def write() -> None:
        gate.wait()
        written.append(tallies.put_number(NUMBER, NumberUse()))

    _at_once(write, 8)

    assert written.count(True) == 1


def _at_once(work: object, times: int) -> None:
    assert callable(work)
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
