"""A small drill of a lost table, by the commands that the runbook prints; `make drill-restore` is the full one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from local.drill.arena import PARAMETERS, arena
from local.drill.restore import CATALOG, judge
from local.drill.restore_story import Loss
from pinbill.store.redo import LINE
from tests.e2e.canary import hits, unpacked
from tests.e2e.desk import provider_credentials
from tests.e2e.problem import FUNCTIONS, assert_logs_silent

SEED, SUBSCRIPTIONS = 3, 20


@pytest.mark.usefixtures("worlds_of_its_own")
def test_a_lost_table_is_made_again_so_that_nothing_is_billed_twice_and_nothing_is_lost(tmp_path: Path) -> None:
    with arena(tmp_path, SEED, PARAMETERS, CATALOG) as ground:
        loss = Loss(ground, random.Random(SEED), tmp_path, SUBSCRIPTIONS)

        loss.live()
        loss.back_up()
        loss.live_on()
        loss.lose()
        loss.repair()
        loss.go_on()

        assert judge(loss, loss.accounts()) == []
        # The judge has seen something: else nothing was proved.
        assert loss.streams_lost
        assert loss.killed
        assert loss.cancelled
        assert any(line.startswith("BOOKED") for line in loss.said)  # a payment stood in no line
        assert any("put back" in line for line in loss.said)
        assert_logs_silent(ground.world, provider_credentials(ground.world))
        told = [line for function in FUNCTIONS for line in ground.world.logs(function) if LINE in line]
        assert told
        assert [hit for line in told for text in unpacked(line) for hit in hits(text)] == []
