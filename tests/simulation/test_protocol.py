"""Each single deviation at each step of each situation, on the shipped store. `make simulate` takes pairs of them too,
and months of life at random."""

from __future__ import annotations

import pytest

from tests.simulation.parts import exhaustive_parts, search

PARTS = list(exhaustive_parts("dynamodb", depth=1))
SLICES = 24


@pytest.mark.parametrize("at", range(SLICES))
def test_no_single_deviation_breaks_the_money_protocol(at: int) -> None:
    schedules = 0
    for part in PARTS[at::SLICES]:
        tally = search(part)
        schedules += tally.schedules
        assert not tally.found, "\n".join(f"{one.invariant}: {one.detail}\n  {one.command}" for one in tally.found)
    assert schedules > 100
