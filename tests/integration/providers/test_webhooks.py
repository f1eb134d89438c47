"""What the simulated Infomedia reports, as our reader takes it: two readings of one document."""

from typing import Any

import pytest
import requests

from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.providers.infomedia.callbacks import read
from pinbill.usecases.callback import BillReported, Noted, Refunded, Report, Stopped
from tests.integration.providers.rig import NUMBER, Rig

PRODUCT = 92_000_000


def reported(rig: Rig, event: int, **more: Any) -> Report | None:
    body = {"event": event, "copies": 0, **more}
    answer = requests.post(f"{rig.simulator.url}/control/webhooks", json=body, timeout=10)
    params: dict[str, str] = answer.json()["params"]
    return read(params.items())


@pytest.mark.parametrize(
    ("event", "says"), [(1, "subscribed"), (3, "reactivated"), (24, "suspended"), (25, "unsuspended")]
)
def test_a_word_about_a_user_is_noted(rig: Rig, event: int, says: str) -> None:
    found = reported(rig, event, msisdn=NUMBER, productId=PRODUCT)

    assert found == Noted(Msisdn.parse(NUMBER), PRODUCT, says)


def test_a_stop_is_a_stop(rig: Rig) -> None:
    assert reported(rig, 2, msisdn=NUMBER, productId=PRODUCT) == Stopped(Msisdn.parse(NUMBER), PRODUCT)


@pytest.mark.parametrize(("status", "state"), [("00", AttemptState.PAID), ("AA", AttemptState.DECLINED)])
def test_a_charge_is_reported_with_reference_amount_and_transaction(rig: Rig, status: str, state: AttemptState) -> None:
    order = rig.bill_order()
    rig.infomedia.bill(order)
    (debit,) = rig.debits()

    found = reported(rig, 5, reference=order.reference, status=status)

    assert isinstance(found, BillReported)
    assert (found.reference, found.amount, found.result.state) == (order.reference, order.amount, state)
    assert found.result.provider_reference == debit["transaction"]


def test_a_refund_is_reported_with_its_own_amount_and_transaction(rig: Rig) -> None:
    order = rig.bill_order()
    rig.infomedia.bill(order)
    (debit,) = rig.debits()

    found = reported(rig, 31, reference=order.reference, amount=100)

    assert isinstance(found, Refunded)
    assert (found.reference, found.amount) == (order.reference, Money(100, order.amount.currency))
    assert found.transaction not in (None, debit["transaction"])
