"""Every file of events/ in its deployed function: the answers that it is documented to get, and what it really did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.events.answers import brief
from local.events.expected import EXPECTED
from local.events.fixtures import FIXTURES
from local.events.prepare import Preparation
from local.events.running_world import RunningWorld
from local.events.sam_invoke import EVENTS, function_of
from local.journey.actors import BackOffice
from local.world import Deployed
from tests.e2e.stacks import own
from tests.e2e.waiting import wait_until


class ByHand:
    """A developer with the local world up: prepares an event, runs it, and looks at what has become of things."""

    def __init__(self, world: Deployed) -> None:
        self._world = world
        self._preparation = Preparation(RunningWorld.find(own(world).home))
        self.office = BackOffice(world.simulators_url)

    def prepare(self, name: str) -> None:
        self._preparation.make(name)

    def invoke(self, name: str, event: dict[str, Any] | None = None) -> Any:
        """What the function answers to the file of this name, or to another event in its place; errors included."""
        payload = json.dumps(event).encode() if event else (EVENTS / f"{name}.json").read_bytes()
        function = self._world.outputs[f"{function_of(name)}Name"]
        return json.loads(self._world.client("lambda").invoke(FunctionName=function, Payload=payload)["Payload"].read())

    def subscription(self, id: str) -> dict[str, Any]:
        event = json.loads((EVENTS / "read.subscription.json").read_text())
        event |= {"path": f"/v1/subscriptions/{id}", "pathParameters": {"subscription_id": id}}
        found: dict[str, Any] = json.loads(self.invoke("read.subscription", event)["body"])["subscription"]
        return found

    def debits(self, name: str) -> int:
        """How often the provider has debited the number of an event's fixture."""
        return len(self.office.debits(msisdn=FIXTURES[name].msisdn))


@pytest.fixture(scope="module")
def by_hand(world: Deployed) -> ByHand:
    return ByHand(world)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_gets_its_answer(by_hand: ByHand, name: str) -> None:
    by_hand.prepare(name)

    assert brief(by_hand.invoke(name)) == EXPECTED[name]


@pytest.mark.parametrize(
    "name", ["pin_request.ok", "pin_confirm.mandate", "cancel.open_attempt", "charge.attempt_open"]
)
def test_a_file_that_was_used_gets_its_answer_again_once_it_is_prepared_again(by_hand: ByHand, name: str) -> None:
    answers = []
    for _ in range(2):
        by_hand.prepare(name)
        answers.append(brief(by_hand.invoke(name)))

    assert answers == [EXPECTED[name]] * 2


@pytest.mark.parametrize("name", ["pin_confirm.unknown_outcome", "charge.unknown_outcome", "bill_worker.renewal"])
def test_a_payment_is_debited_once_even_when_its_event_is_used_twice(by_hand: ByHand, name: str) -> None:
    by_hand.prepare(name)
    before = by_hand.debits(name)

    by_hand.invoke(name)
    by_hand.invoke(name)

    assert by_hand.debits(name) == before + 1


@pytest.mark.parametrize("name", ["charge.repeat", "charge.other_body", "charge.attempt_open", "cancel.open_attempt"])
def test_an_event_that_must_not_bill_does_not(by_hand: ByHand, name: str) -> None:
    by_hand.prepare(name)
    before = by_hand.debits(name)

    by_hand.invoke(name)

    assert by_hand.debits(name) == before


def test_the_stop_callback_cancels(by_hand: ByHand) -> None:
    by_hand.prepare("callback.stop")
    before = by_hand.subscription("evtstop")["state"]

    by_hand.invoke("callback.stop")

    assert (before, by_hand.subscription("evtstop")["state"]) == ("active", "cancelled")


def test_a_forged_callback_changes_nothing(by_hand: ByHand) -> None:
    by_hand.prepare("callback.stop")

    by_hand.invoke("callback.forged")

    assert by_hand.subscription("evtstop")["state"] == "active"


def test_the_payment_callback_makes_us_look_and_see_the_debit(by_hand: ByHand) -> None:
    by_hand.prepare("callback.signzy_payment")
    before = by_hand.subscription("evtpayment")["state"]

    by_hand.invoke("callback.signzy_payment")

    assert (before, by_hand.subscription("evtpayment")["state"]) == ("pending", "active")


@pytest.mark.parametrize("name", ["recurring_bill.run", "recurring_bill.sweep"])
def test_the_dispatcher_hands_out_the_prepared_renewal_and_the_worker_bills_it(by_hand: ByHand, name: str) -> None:
    by_hand.prepare(name)

    assert by_hand.invoke(name)["subscriptions"] >= 1
    id = FIXTURES[name].id
    wait_until("the renewal", lambda: by_hand.subscription(id)["periods_settled"] == 2)
