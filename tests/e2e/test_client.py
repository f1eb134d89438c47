"""The Python client at the deployed stack: a subscription's life, trouble on the way, and nothing charged twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, override

import pytest
import requests

from local.journey.actors import BackOffice
from local.seed import seed
from local.world import Deployed
from local.world.environment import ROOT
from pinbill_client import Client, Conflict, Declined, InvalidRequest, Mandate, Network, NotAllowed, NotFound, Refused
from tests.e2e.desk import BANK, TRIAL, WEEKLY, Desk

NETWORK = Network("234", "02")


class LosingSession(requests.Session):
    """Loses the first answer to each request that is sent with an Idempotency-Key, after it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    @override
    def request(self, *named: Any, **sent: Any) -> requests.Response:
        answer = super().request(*named, **sent)
        key = sent["headers"].get("Idempotency-Key")
        if key is not None:
            self.keys.append(key)
            if self.keys.count(key) == 1:
                raise requests.ReadTimeout("the answer is lost")
        return answer


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with Client(desk.world.api_url, desk.key) as client:
        yield client


def test_a_subscription_from_the_first_call_to_the_last(desk: Desk, client: Client) -> None:
    number = desk.number()

    assert WEEKLY in {plan.id for plan in client.plans()}
    pending = client.subscribe(WEEKLY, number, network=NETWORK, correlation_id="first-call")
    confirmed = client.confirm(pending.id, desk.pin(number))
    charge = client.charge(pending.id, "1.20", "GBP", "100 gems", idempotency_key="order-4711")
    paused, resumed = client.pause(pending.id), client.resume(pending.id)
    bills = list(client.bills(pending.id, limit=1))
    cancelled = client.cancel(pending.id, reason="too_dear")
    ended = cancelled.subscription

    assert (pending.state, pending.pin and pending.pin.delivery) == ("pending", "sent")
    assert (confirmed.subscription.state, confirmed.bill and confirmed.bill.state) == ("active", "paid")
    assert (charge.state, charge.price.amount) == ("paid", "1.20")
    assert (paused.access, resumed.access) == (False, True)
    assert [bill.attempt.kind for bill in bills] == ["charge", "first_bill"]
    assert (ended.state, ended.end_reason) == ("cancelled", "too_dear")
    assert client.subscription(pending.id) == ended
    assert cancelled.receipt is not None
    assert cancelled.receipt.ends_at == ended.ended_at
    assert client.cancel(pending.id).receipt == cancelled.receipt
    assert [stage.stage for stage in client.consent(pending.id).stages] == ["request"]
    assert number[-6:] not in ended.msisdn


def test_the_lines_of_its_readme_work_as_they_are_printed(
    world: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [lines] = re.findall("```python\n(.*?)```", (ROOT / "clients" / "python" / "README.md").read_text(), re.DOTALL)
    [number] = re.findall(r'"(\+447700900[0-9]{3})"', lines)
    office = BackOffice(world.simulators_url)
    monkeypatch.setenv("API", world.api_url)
    monkeypatch.setenv("KEY", seed(world).key)

    exec(compile(lines, "README.md", "exec"), {"input": lambda _: office.pin(number)})  # noqa: S102

    assert capsys.readouterr().out == "['paid', 'paid']\n"


def test_a_free_period_and_a_mandate(desk: Desk, client: Client) -> None:
    number = desk.number()
    trial = client.subscribe(TRIAL, number, network=NETWORK)
    by_bank = client.subscribe(BANK, desk.number(), mandate=Mandate(**desk.mandate(magic="success-now")))

    assert client.confirm(trial.id, desk.pin(number)).bill is None
    assert client.confirm(by_bank.id).subscription.state == "active"


def test_a_charge_whose_answer_is_lost_is_repeated_and_debits_once(desk: Desk) -> None:
    id = desk.active()
    session = LosingSession()
    client = Client(desk.world.api_url, desk.key, session=session)

    charge = client.charge(id, "1.20", "GBP", "100 gems")

    assert charge.state == "paid"
    assert len(session.keys) == 2
    assert len(set(session.keys)) == 1
    assert len(desk.debits(id)) == 2  # the first bill and one charge


def test_trouble_is_told_by_what_to_do(desk: Desk, client: Client) -> None:
    number, poor = desk.number(), desk.number()
    desk.fault("decline", "SendBillWithPIN", poor, code="AA")
    pending = client.subscribe(WEEKLY, number, network=NETWORK)
    without_funds = client.subscribe(WEEKLY, poor, network=NETWORK)

    with pytest.raises(InvalidRequest) as invalid:
        client.subscribe(WEEKLY, "07700900123", network=NETWORK)
    with pytest.raises(Conflict) as held:
        client.subscribe(WEEKLY, number, network=NETWORK)
    with pytest.raises(Refused) as refused:
        client.confirm(pending.id, "0000000000")
    with pytest.raises(Declined) as declined:
        client.confirm(without_funds.id, desk.pin(poor))
    with pytest.raises(NotFound) as missing:
        client.subscription("nobodys")
    with Client(desk.world.api_url, "not-a-key") as stranger, pytest.raises(NotAllowed) as stranger_error:
        stranger.plans()

    assert (invalid.value.code, invalid.value.retryable) == ("msisdn_invalid", False)
    assert (held.value.code, held.value.subscription_id) == ("subscription_exists", pending.id)
    assert refused.value.code == "pin_wrong"
    assert declined.value.bill is not None
    assert (declined.value.code, declined.value.bill.failure) == ("bill_declined", "soft")
    assert missing.value.correlation_id
    assert stranger_error.value.code == "unauthenticated"
