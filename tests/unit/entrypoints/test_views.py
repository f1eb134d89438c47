"""What partners are shown: numbers masked, money as text, and nothing of the store's inner life."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, FailureClass, Obligation
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.pausing import pause, resume
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.entrypoints.view_parts import MoneyView
from pinbill.entrypoints.views import (
    NEXT_STEP,
    AttemptView,
    BillsAnswer,
    ChargeView,
    PlanView,
    SubscriptionView,
)
from tests.fakes import samples
from tests.fakes.clock import START

KEY_HASH = "ab" * 32
ATTEMPT = Attempt(
    "SUB1-3",
    AttemptKind.RENEWAL,
    Obligation(period=2),
    1,
    "owner-token-1",
    Money(450, "GBP"),
    START,
    AttemptState.UNKNOWN,
)
CHARGE = Charge(
    KEY_HASH,
    "cd" * 32,
    Money(120, "GBP"),
    "100 gems",
    START,
    replace(ATTEMPT, kind=AttemptKind.CHARGE, obligation=Obligation(charge=KEY_HASH), state=AttemptState.PAID),
)


def shown(view: BaseModel) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(view.model_dump_json())
    return document


def subscription(**changes: Any) -> Subscription:
    return replace(samples.active()[0], **changes)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("attempt", [None, ATTEMPT])
def test_a_number_is_masked_in_every_state(state: State, attempt: Attempt | None) -> None:
    view = shown(SubscriptionView.of(subscription(state=state, open_attempt=attempt)))

    assert view["msisdn"] == "+44********23"
    text = json.dumps(view)
    assert "7700900123" not in text
    assert "owner-token-1" not in text


def test_a_mandates_reference_is_not_repeated() -> None:
    pending, _ = samples.pending(plan=samples.BANK_PLAN, service=samples.BANK_SERVICE, mandate=samples.mandate())

    assert "mandate-1" not in SubscriptionView.of(pending).model_dump_json()


def test_the_key_of_a_charge_is_not_repeated_and_its_id_is_the_same_for_every_repeat() -> None:
    first, again = shown(ChargeView.of(CHARGE)), shown(ChargeView.of(CHARGE))

    assert first == again
    assert first["id"] == KEY_HASH[:32]
    assert KEY_HASH not in json.dumps(first)
    assert "cd" * 32 not in json.dumps(first)


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(450, "GBP"), "4.50"),
        (Money(5, "GBP"), "0.05"),
        (Money(49_900, "INR"), "499.00"),
        (Money(1_500, "KWD"), "1.500"),
    ],
)
def test_money_is_a_decimal_text_with_all_decimals_of_its_currency(money: Money, amount: str) -> None:
    assert shown(MoneyView.of(money)) == {"amount": amount, "currency": money.currency}


def test_times_are_shown_in_utc() -> None:
    view = shown(SubscriptionView.of(subscription()))

    for name in ("created_at", "period_started_at", "next_bill_at"):
        assert view[name].endswith("Z")
        assert datetime.fromisoformat(view[name]).utcoffset() == timedelta()


def test_the_pin_is_shown_only_while_it_is_waited_for_and_is_never_itself_there() -> None:
    pending, _ = samples.pending()

    waiting = shown(SubscriptionView.of(pending))["pin"]
    over = shown(SubscriptionView.of(replace(pending, state=State.CANCELLED)))["pin"]

    assert set(waiting) == {"delivery", "expires_at", "tries_used", "sends"}
    assert over is None


def test_a_subscription_before_its_first_period_has_none() -> None:
    view = shown(SubscriptionView.of(samples.pending()[0]))

    assert (view["periods_settled"], view["period_started_at"], view["next_bill_at"]) == (0, None, None)
    assert view["access"] is False


def test_a_paused_subscription_says_since_when_and_until_when_and_has_no_next_bill() -> None:
    until = START + timedelta(days=9)
    paused = pause(subscription(), START, until)
    assert paused is not None

    view = shown(SubscriptionView.of(paused.after))

    assert (view["state"], view["access"], view["next_bill_at"]) == ("paused", False, None)
    assert [datetime.fromisoformat(view[name]) for name in ("paused_at", "resume_at")] == [START, until]


def test_a_resumed_subscription_shows_when_the_interrupted_period_really_began() -> None:
    before = subscription()
    paused = pause(before, START - timedelta(days=2))
    assert paused is not None
    assert before.schedule is not None
    resumed = resume(paused.after, START + timedelta(days=5))
    assert resumed is not None

    view = shown(SubscriptionView.of(resumed.after))

    assert (view["paused_at"], view["resume_at"]) == (None, None)
    assert view["period_started_at"] == shown(SubscriptionView.of(before))["period_started_at"]
    assert datetime.fromisoformat(view["next_bill_at"]) == before.schedule.start(2) + timedelta(days=7)


@pytest.mark.parametrize("failure", FailureClass)
def test_every_failure_has_a_next_step(failure: FailureClass) -> None:
    declined = replace(ATTEMPT, state=AttemptState.DECLINED, failure=failure)

    assert AttemptView.of(declined).next_step == NEXT_STEP[failure]


def test_a_listing_shows_the_entries_with_an_attempt_in_their_order() -> None:
    entries = [
        Entry(3, START, EntryKind.ATTEMPT_PAID, State.ACTIVE, replace(ATTEMPT, state=AttemptState.PAID)),
        Entry(2, START, EntryKind.SUSPENDED, State.SUSPENDED),
        Entry(1, START, EntryKind.ATTEMPT_UNKNOWN, State.ACTIVE, ATTEMPT),
    ]

    listing = shown(BillsAnswer.of(entries, "Mw"))

    assert [bill["sequence"] for bill in listing["bills"]] == [3, 1]
    assert listing["cursor"] == "Mw"


def test_a_plan_shows_what_the_user_agrees_to_and_nothing_of_how_it_is_dunned() -> None:
    view = shown(PlanView.of(samples.PHONE_PLAN))

    assert view == {
        "id": "news-monthly",
        "name": "Acme News, monthly",
        "price": {"amount": "4.50", "currency": "GBP"},
        "unit": "month",
        "count": 1,
        "zone": "Europe/London",
        "trial_days": 0,
        "consent": {"request": [], "confirm": [], "within_seconds": 3600},
        "countries": [],
        "caps": {"per_charge": None, "per_month": None},
        "notice": None,
    }


def test_the_samples_hold_what_must_not_be_shown() -> None:
    # Else the tests above would find nothing to leave out.
    assert {"msisdn", "mandate", "open_attempt"} <= {field.name for field in fields(Subscription)}
    assert samples.msisdn().e164 == "+447700900123"
    assert START.tzinfo is UTC
