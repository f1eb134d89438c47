"""The bad nights of docs/runbook.md: each happens, its section is typed as printed, and then both ledgers agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local.world import Deployed
from tests.e2e.desk import Desk
from tests.e2e.nights import (
    bad_version,
    charged_twice,
    overdue_unknown,
    provider_down,
    queue_flooded,
    schedule_off,
    slow_day,
    wrong_price,
)
from tests.e2e.nights.rehearsal import Night, open_desk, titles

NIGHTS: Mapping[str, Callable[[Night], None]] = {
    "A provider answers nothing": provider_down.rehearse,
    "A wrong price was deployed": wrong_price.rehearse,
    "Dead letters": queue_flooded.rehearse,
    "A bad version was deployed": bad_version.rehearse,
    "The schedule did not run": schedule_off.rehearse,
    "A partner asks why a user was charged twice": charged_twice.rehearse,
    "An unknown outcome is over its deadline": overdue_unknown.rehearse,
    "Renewals take longer than planned": slow_day.rehearse,
}
# Rehearsed by tests of their own.
ELSEWHERE = {
    "A partner's key leaked": "test_leaked_keys.py",
    "The provider's credentials leaked": "test_leaked_keys.py",
    "Rows are lost, or wrong": "test_restore.py",
}


@pytest.fixture(scope="module")
def desk(world: Deployed) -> Desk:
    return open_desk(world)


def test_every_night_of_the_runbook_is_rehearsed() -> None:
    assert set(titles()) - set(ELSEWHERE) == set(NIGHTS)


@pytest.mark.parametrize("title", NIGHTS)
def test_it_goes_as_the_runbook_says(desk: Desk, title: str, tmp_path: Path) -> None:
    night = Night(desk, title, tmp_path)
    night.falls()
    try:
        NIGHTS[title](night)
    finally:
        night.morning_comes()

    night.ends()
