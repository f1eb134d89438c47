"""Requests made from the contract, in a world of their own: whom they leave behind would fail other tests' renewals."""

from __future__ import annotations

import pytest

from tests.e2e.places import assert_quiet
from tests.e2e.stacks import own
from tests.fuzz.generated import fuzz
from tests.fuzz.population import populate
from tests.fuzz.stage import stage


@pytest.mark.usefixtures("worlds_of_its_own")
def test_generated_requests_are_answered_as_the_contract_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    with stage(folder) as desk:
        report = fuzz(desk, populate(desk, times=1), folder, examples=15, seed=1, workers=2, seconds=400)
        assert_quiet(own(desk.world), desk.secrets + desk.references)

    assert report.is_good, "\n".join([*report.lines(seed=1), report.output])
    assert report.cases > 300
    assert {200, 201, 400, 401, 404, 409} <= set(report.by_status)
