"""Leaked keys, as docs/runbook.md has them: what follows works before the old one is refused, and then that one is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.world import Deployed
from local.world.secret import SECRET_NAME
from tests.e2e.desk import Desk, Request
from tests.e2e.functions import forget_keys, restart
from tests.e2e.nights.rehearsal import Night, open_desk

PLAN = "whist-weekly"
NEW_KEY = "issued-after-the-leak"
CALLERS = ("PinRequestFunction", "PinConfirmFunction", "ChargeFunction")


@pytest.fixture(scope="module")
def desk(world: Deployed) -> Desk:
    return open_desk(world)


def plans(desk: Desk, key: str) -> int:
    return desk.send(Request("GET", "/v1/plans", key=key)).status_code


def test_a_partners_key_is_followed_by_another_and_then_opens_nothing(desk: Desk, tmp_path: Path) -> None:
    night, leaked, following = Night(desk, "A partner's key leaked", tmp_path), desk.key, tmp_path / "following"
    forget_keys(desk.world)
    old = tmp_path / "leaked"
    old.write_text(leaked + "\n")

    night.type(FOLLOWING=str(following))
    new = following.read_text().strip()
    desk.secrets.append(new)
    assert [plans(desk, key) for key in (leaked, new)] == [200, 200]
    night.type(LEAKED=str(old), FOLLOWING=str(following))

    assert [plans(desk, key) for key in (leaked, new)] == [401, 200]
    night.ends()
    desk.key = new


def test_a_providers_credentials_are_followed_by_others_without_a_gap_and_then_refused(
    desk: Desk, tmp_path: Path
) -> None:
    night, secrets = Night(desk, "The provider's credentials leaked", tmp_path), desk.world.client("secretsmanager")
    before = secrets.get_secret_value(SecretId=SECRET_NAME)["SecretString"]
    leaked = json.loads(before)["infomedia"]["default"]
    issued = tmp_path / "issued.json"
    issued.write_text(json.dumps(leaked | {"key": NEW_KEY}))
    desk.secrets.append(NEW_KEY)
    night.sell(PLAN)
    [id] = night.subscribed(PLAN, 1)
    assert desk.charge(id, "before").status_code == 201
    try:
        desk.office.post("/control/keys", provider="infomedia", issue=NEW_KEY)
        night.type(ISSUED=str(issued), SECRET=SECRET_NAME)
        assert desk.charge(id, "with the old one still").status_code == 201
        for function in CALLERS[:2]:
            restart(desk.world, function)  # or five minutes pass
        assert desk.active(PLAN)

        desk.office.post("/control/keys", provider="infomedia", end=leaked["key"])
        # A process that has the old one yet: its charge is refused by the provider, and then it reads the secret anew.
        assert [desk.charge(id, "refused").status_code for _ in range(2)] == [502, 201]
        night.type(LEAKED=leaked["key"], INFOMEDIA=f"{desk.world.simulators_url}/dcbsb", SECRET=SECRET_NAME)
        assert desk.active(PLAN)
        assert len(desk.debits(id)) == 4
    finally:
        desk.office.post("/control/keys", provider="infomedia", issue=leaked["key"], end=NEW_KEY)
        secrets.put_secret_value(SecretId=SECRET_NAME, SecretString=before)
        for function in CALLERS:
            restart(desk.world, function)
    night.ends()
