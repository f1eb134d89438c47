"""A small drill in a world of its own; `make drill` is the full one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from local.drill.arena import arena
from local.drill.campaign import Campaign
from local.drill.evidence import gather
from local.drill.gaps import GAPS
from local.drill.verdict import judge_end
from tests.e2e.desk import provider_credentials
from tests.e2e.problem import assert_logs_silent

SEED, RENEWALS = 20, 30


@pytest.mark.usefixtures("worlds_of_its_own")
def test_both_ledgers_agree_after_kills_lost_answers_and_doubled_triggers(tmp_path: Path) -> None:
    with arena(tmp_path, SEED) as ground:
        campaign = Campaign(ground, random.Random(SEED), RENEWALS)

        accounts = campaign.run()

        log = campaign.log
        evidence = gather(ground.office, log.members)
        assert log.findings + judge_end(ground, accounts, evidence, log.cancelled) == []
        # The judge has seen something: else nothing was proved.
        assert {gap.name for gap in GAPS} == {name for name, count in log.cut.items() if count}
        assert sum(account.renewals for account in accounts) >= RENEWALS
        assert log.listed
        assert log.cancelled
        assert log.provider_faults.total()
        assert log.aws_faults["write applied, answer lost"] + log.aws_faults["transaction applied, answer lost"]
        assert_logs_silent(ground.world, provider_credentials(ground.world))
