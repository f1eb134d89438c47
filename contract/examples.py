"""What the contract shows: requests, answers and problems, made by the views and tables that make the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, FailureClass, Obligation
from pinbill.domain.catalog import Plan, RailName
from pinbill.domain.charges import Charge
from pinbill.domain.consent import ConsentRecord, Part, Reported, Stage
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.notices import Notice
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, PinSession, Subscription, Timer
from pinbill.entrypoints import views
from pinbill.entrypoints.consent_views import CancelAnswer, CancelReceiptView, ConsentAnswer
from pinbill.entrypoints.problems import bill_declined, charge_declined

type Document = dict[str, Any]

SUBSCRIPTION_ID = "6743f0c2a8d5e41fb90c3f1d"
IDEMPOTENCY_KEY = "gems-order-4711"
CORRELATION_ID = "order-4711-try-1"
CURSOR = "NDI"
WEEKLY = "games-weekly"
START = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)
AGAIN = "This key keeps this answer: a further try of the charge needs a new Idempotency-Key."
STILL_PENDING = "The subscription is still pending: confirm it again, while its PIN is good."

# What the constructors of our errors ask for, by the name of the parameter.
ARGUMENTS: Mapping[str, Any] = {
    "retry_after": 7,
    "subscription_id": SUBSCRIPTION_ID,
    "scope": "charges:write",
    "spent": "300 writes a minute",
    "parts": ["price", "text"],
    "per": "month",
    "minor": 30_000,
    "currency": "EUR",
    "ends_at": datetime(2027, 1, 31, 23, 0, tzinfo=UTC),
}

_NETWORK = {"mcc": "234", "mnc": "02"}
_WEEK = Recurrence(Unit.WEEK, 1)
_PLAN = Plan("acme", WEEKLY, "games", "Games weekly", Money(450, "GBP"), _WEEK, "Europe/London")
_BANK = Plan(
    "acme", "films-monthly", "films", "Films", Money(29900, "INR"), Recurrence(Unit.MONTH, 1), "Asia/Kolkata", 7
)
_PENDING = Subscription(
    partner="acme",
    id=SUBSCRIPTION_ID,
    plan_id=WEEKLY,
    service_id="games",
    rail=RailName.INFOMEDIA,
    msisdn=Msisdn("+447700900123"),
    price=_PLAN.price,
    recurrence=_WEEK,
    zone=_PLAN.zone,
    trial_days=0,
    created_at=START,
    seq=1,
    pin=PinSession(START, START + timedelta(minutes=10), delivery=Delivery.SENT),
)
_CONFIRMED = START + timedelta(minutes=2)
_MONTH = Schedule.starting(_CONFIRMED, _BANK.zone, _BANK.recurrence)
_BILL = Attempt(
    f"{SUBSCRIPTION_ID}-1",
    AttemptKind.FIRST_BILL,
    Obligation(period=1),
    1,
    "",
    _PLAN.price,
    _CONFIRMED,
    AttemptState.PAID,
    code="00",
    provider_reference="T-8c41",
    settled_at=_CONFIRMED + timedelta(seconds=1),
)
_DECLINED = replace(
    _BILL,
    state=AttemptState.DECLINED,
    code="AA",
    failure=FailureClass.SOFT,
    meaning="Not enough credit.",
    provider_reference=None,
)
_OPEN = replace(_BILL, state=AttemptState.UNKNOWN, code=None, provider_reference=None, settled_at=None)
_ACTIVE = replace(
    _PENDING,
    state=State.ACTIVE,
    seq=3,
    pin=None,
    schedule=Schedule.starting(_CONFIRMED, _PLAN.zone, _WEEK),
    next_period=2,
    timers={Timer.BILL: _CONFIRMED + timedelta(weeks=1)},
)
_PAUSED = replace(
    _ACTIVE,
    state=State.PAUSED,
    seq=4,
    paused_at=START + timedelta(days=2),
    timers={Timer.RESUME: START + timedelta(days=30)},
)
_CANCELLED = replace(
    _ACTIVE,
    state=State.CANCELLED,
    seq=4,
    cancel_at=START + timedelta(days=2),
    ended_at=START + timedelta(days=2),
    end_reason="cancelled_by_partner",
    timers={},
)
_AT_END = replace(_ACTIVE, seq=4, cancel_at=_CONFIRMED + timedelta(weeks=1), end_reason="too_dear", timers={})
_NOTICE = Notice(
    2, _BANK.price, _MONTH.start(2), _MONTH.start(2), START + timedelta(days=26), START + timedelta(days=26, hours=1)
)
_NOTICED = replace(
    _ACTIVE,
    plan_id=_BANK.id,
    rail=RailName.SIGNZY,
    price=_BANK.price,
    recurrence=_BANK.recurrence,
    zone=_BANK.zone,
    schedule=_MONTH,
    notice=_NOTICE,
    seq=5,
    timers={Timer.BILL: _MONTH.start(2)},
)
_SHOWN = {"price": "4.50", "currency": "GBP", "given_at": "2027-01-31T08:59:30+00:00", "method": "web"}
_CONSENT = ConsentRecord(
    (
        Reported(Stage.REQUEST, START, "k7d2", _SHOWN),
        Reported(Stage.CONFIRM, _CONFIRMED, "k7d2", {"second_confirmation": "yes"}),
    ),
    START,
    _CONFIRMED,
    {Stage.REQUEST: frozenset(), Stage.CONFIRM: frozenset({Part.TEXT})},
)
_CHARGED = replace(
    _BILL,
    id=f"{SUBSCRIPTION_ID}-2",
    kind=AttemptKind.CHARGE,
    obligation=Obligation(charge="c"),
    amount=Money(120, "GBP"),
)
_CHARGE = Charge("3f0a" * 16, "", Money(120, "GBP"), "100 gems", _CONFIRMED, _CHARGED)


def _subscription(subscription: Subscription) -> Document:
    return _shown(views.SubscriptionAnswer(subscription=views.SubscriptionView.of(subscription)))


def _cancelled(subscription: Subscription) -> Document:
    kind = EntryKind.CANCELLED if subscription.ended_at else EntryKind.CANCEL_SCHEDULED
    entry = Entry(subscription.seq, START + timedelta(days=2), kind, subscription.state)
    receipt = CancelReceiptView.of(subscription, entry)
    return _shown(CancelAnswer(subscription=views.SubscriptionView.of(subscription), receipt=receipt))


def _confirmed(subscription: Subscription, bill: Attempt | None) -> Document:
    shown = views.SubscriptionView.of(subscription)
    return _shown(views.ConfirmAnswer(subscription=shown, bill=views.AttemptView.of(bill) if bill else None))


def _charge(attempt: Attempt) -> views.ChargeView:
    return views.ChargeView.of(replace(_CHARGE, attempt=attempt))


def _shown(answer: BaseModel) -> Document:
    return answer.model_dump(mode="json")


_OPEN_CHARGE = replace(_CHARGED, state=AttemptState.UNKNOWN, code=None, provider_reference=None, settled_at=None)
_DECLINED_CHARGE = replace(
    _CHARGED,
    state=AttemptState.DECLINED,
    code="AA",
    failure=FailureClass.SOFT,
    meaning="Not enough credit.",
    provider_reference=None,
)

# By operation: bodies that are sent.
REQUESTS: Mapping[str, Mapping[str, Document]] = {
    "subscribe": {
        "phone_bill": {"plan": WEEKLY, "msisdn": "+447700900123", "network": _NETWORK},
        "bank_mandate": {
            "plan": _BANK.id,
            "msisdn": "+447700900124",
            "mandate": {"reference": "20001", "max_amount": "500.00", "currency": "INR"},
        },
        "with_consent": {
            "plan": WEEKLY,
            "msisdn": "+447700900123",
            "network": _NETWORK,
            "consent": {
                "text": "Games for 4.50 GBP a week on your phone bill, until you cancel.",
                "price": {"amount": "4.50", "currency": "GBP"},
                "given_at": "2027-01-31T08:59:30Z",
                "method": "web",
                "page": "games/offer-7",
            },
        },
    },
    "notice": {
        "given": {
            "period": 2,
            "amount": "299.00",
            "currency": "INR",
            "bills_at": "2027-02-28T09:02:00Z",
            "given_at": "2027-02-26T10:15:00Z",
        }
    },
    "opt_out": {"of_one_debit": {"period": 2}},
    "receipt": {"by_mail": {"attempt": f"{SUBSCRIPTION_ID}-1", "sent_at": "2027-01-31T09:03:00Z", "channel": "email"}},
    "resend": {"again": {}},
    "confirm": {
        "phone_bill": {"pin": "4711"},
        "bank_mandate": {},
        "with_consent": {
            "pin": "4711",
            "consent": {"given_at": "2027-01-31T09:02:00Z", "method": "web", "second_confirmation": True},
        },
    },
    "charge": {"gems": {"amount": "1.20", "currency": "GBP", "description": "100 gems"}},
    "cancel": {"now": {}, "at_period_end": {"when": "period_end", "reason": "too_dear"}},
    "pause": {"until_resumed": {}, "until_a_time": {"resume_at": "2027-03-02T09:00:00Z"}},
    "resume": {"now": {}},
}
# By operation and status: answers of success.
ANSWERS: Mapping[tuple[str, int], Mapping[str, Any]] = {
    ("subscribe", 201): {"pending": _subscription(_PENDING)},
    ("subscribe", 202): {
        "sms_in_doubt": _subscription(replace(_PENDING, pin=PinSession(START, START + timedelta(minutes=10))))
    },
    ("resend", 200): {
        "pending": _subscription(
            replace(_PENDING, pin=PinSession(START, START + timedelta(minutes=10), 2, 0, Delivery.SENT))
        )
    },
    ("resend", 202): {
        "sms_in_doubt": _subscription(replace(_PENDING, pin=PinSession(START, START + timedelta(minutes=10), 2)))
    },
    ("confirm", 200): {
        "paid": _confirmed(_ACTIVE, _BILL),
        "free_period": _confirmed(
            replace(
                _ACTIVE,
                state=State.TRIALING,
                seq=2,
                next_period=1,
                schedule=None,
                timers={Timer.BILL: _CONFIRMED + timedelta(days=7)},
            ),
            None,
        ),
    },
    ("confirm", 202): {"outcome_unknown": _confirmed(replace(_PENDING, open_attempt=_OPEN, pin=None, seq=2), _OPEN)},
    ("charge", 201): {"paid": _shown(views.ChargeAnswer(charge=_charge(_CHARGED)))},
    ("charge", 202): {"outcome_unknown": _shown(views.ChargeAnswer(charge=_charge(_OPEN_CHARGE)))},
    ("cancel", 200): {"cancelled": _cancelled(_CANCELLED), "at_period_end": _cancelled(_AT_END)},
    ("notice", 200): {"given": _subscription(_NOTICED)},
    ("opt_out", 200): {
        "not_made": _subscription(replace(_NOTICED, notice=replace(_NOTICE, opted_out_at=START + timedelta(days=26))))
    },
    ("receipt", 200): {"known": _subscription(replace(_ACTIVE, seq=4))},
    ("consent", 200): {"both_stages": _shown(ConsentAnswer.of(_ACTIVE, _CONSENT))},
    ("pause", 200): {"paused": _subscription(_PAUSED)},
    ("resume", 200): {"active": _subscription(replace(_ACTIVE, seq=5))},
    ("subscription", 200): {
        "active": _subscription(_ACTIVE),
        "waiting_for_money": _subscription(
            replace(
                _ACTIVE, state=State.PAST_DUE, seq=4, lacks_funds=True, timers={Timer.BILL: START + timedelta(days=9)}
            )
        ),
    },
    ("bills", 200): {
        "last_page": _shown(
            views.BillsAnswer.of([Entry(3, _CONFIRMED, EntryKind.ATTEMPT_PAID, State.ACTIVE, _BILL)], None)
        ),
        "first_of_more": _shown(
            views.BillsAnswer.of([Entry(44, _CONFIRMED, EntryKind.ATTEMPT_PAID, State.ACTIVE, _CHARGED)], CURSOR)
        ),
    },
    ("openapi", 200): {"beginning": {"openapi": "3.1.0", "info": {"title": "Pinbill"}}},
    ("docs", 200): {"beginning": "<!doctype html>"},
    ("plans", 200): {
        "two_plans": _shown(views.PlansAnswer(plans=[views.PlanView.of(_PLAN), views.PlanView.of(_BANK)]))
    },
}
# By code: problems that are no error's.
PROBLEMS: Mapping[str, Document] = {
    "bill_declined": bill_declined(
        views.AttemptView.of(_DECLINED), views.SubscriptionView.of(replace(_PENDING, seq=2)), STILL_PENDING
    ),
    "charge_declined": charge_declined(_charge(_DECLINED_CHARGE), AGAIN),
}
