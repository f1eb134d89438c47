"""A version was deployed that charges nobody: its address of the provider is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.e2e.functions import given
from tests.e2e.nights.rehearsal import Night

PLAN = "fives-weekly"
NOBODY = "http://127.0.0.1:9"


def rehearse(night: Night) -> None:
    desk = night.desk
    night.sell(PLAN)
    [id] = night.subscribed(PLAN, 1)
    deployed = datetime.now(UTC).isoformat(timespec="milliseconds")
    with given(desk.world, "ChargeFunction", PINBILL_INFOMEDIA_BASE_URL=NOBODY):
        assert desk.charge(id, "gems").status_code == 503
        night.type(DEPLOYED=deployed)
        assert desk.charge(id, "gems").status_code == 201
        night.type()
        assert desk.charge(id, "more").status_code == 503
    assert desk.charge(id, "more").status_code == 201
    assert len(desk.debits(id)) == 3
