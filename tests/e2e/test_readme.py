"""The README's tour, run as it is printed: every answer must hold what the comment under its call says."""

from __future__ import annotations

from local.pages import calls_of
from local.seed import seed
from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.operating import billing_every_second
from tests.e2e.pages import assert_works_as_printed


def test_the_tour_works_line_by_line_as_printed(world: Deployed) -> None:
    section = (ROOT / "README.md").read_text().split("## A five-minute tour")[1].split("\n## ")[0]
    calls = list(calls_of(section))
    key = seed(world).key

    assert len(calls) > 12
    with billing_every_second(world):
        assert_works_as_printed(calls, world, key)
