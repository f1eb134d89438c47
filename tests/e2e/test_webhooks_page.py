"""docs/webhooks.md works line by line as it is printed."""

from __future__ import annotations

import pytest

from local.pages import calls_of
from local.seed import seed
from local.world import Deployed
from local.world.environment import ROOT
from pinbill.domain.events import EVENT_TYPES
from tests.e2e.pages import assert_works_as_printed

PAGE = (ROOT / "docs" / "webhooks.md").read_text()


def test_the_first_event_comes_as_the_page_says(world: Deployed) -> None:
    calls = list(calls_of(PAGE))

    assert len(calls) > 10
    assert_works_as_printed(calls, world, seed(world).key)


@pytest.mark.parametrize("told", EVENT_TYPES)
def test_every_type_is_on_the_page(told: str) -> None:
    """A type with the same ending as one that is printed in full may be shortened."""
    of, _, end = told.partition(".")
    shortened = f"`.{end}`" in PAGE or (of == "charge" and f"`bill.{end}`" in PAGE)
    assert f"`{told}`" in PAGE or shortened
