"""docs/partners.md, run as it is printed: from nothing to a partner's first key, a rotation, a leak."""

from __future__ import annotations

from local.pages import calls_of
from local.seed import seed
from local.world import Deployed
from local.world.environment import ROOT
from tests.e2e.functions import forget_keys
from tests.e2e.pages import assert_works_as_printed


def test_the_page_works_line_by_line_as_printed(world: Deployed) -> None:
    calls = list(calls_of((ROOT / "docs" / "partners.md").read_text()))
    forget_keys(world)

    assert len(calls) > 12
    assert_works_as_printed(calls, world, seed(world).key)
