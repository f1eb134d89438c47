"""Subscriptions, plans and results that the domain's tests start from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult, FailureClass
from pinbill.domain.catalog import Plan, RailName, Service
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_charge, claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence, Schedule, Unit
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import settle
from pinbill.domain.starting import subscribe
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Mandate, Subscription, Timer

NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
NUMBER = "+447700900123"
MONTHLY = Recurrence(Unit.MONTH, 1)
PRICE = Money(450, "GBP")
DUNNING = Dunning()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=400)

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
BILLED = (State.TRIALING, State.ACTIVE, State.PAST_DUE, State.SUSPENDED)
FINISHED = (State.CANCELLED, State.EXPIRED, State.ENDED)
CLASSES: tuple[FailureClass | None, ...] = (*FailureClass, None)

PAID = BillResult(AttemptState.PAID, code="00")
UNKNOWN = BillResult(AttemptState.UNKNOWN, code="timeout")
PENDING = BillResult(AttemptState.PENDING, provider_reference="p-1")
NOT_SENT = BillResult(AttemptState.NOT_SENT, code="connect")
NOT_CHARGED = BillResult(AttemptState.NOT_CHARGED)


def declined(failure: FailureClass | None = FailureClass.SOFT) -> BillResult:
    return BillResult(AttemptState.DECLINED, code="A3", failure=failure)


def service(rail: RailName = PHONE, **changes: Any) -> Service:
    return replace(Service("acme", f"news-{rail}", rail, "Acme News", product_id=92, billing_product_id=91), **changes)


def plan(rail: RailName = PHONE, **changes: Any) -> Plan:
    made = Plan("acme", f"monthly-{rail}", f"news-{rail}", "Acme News", PRICE, MONTHLY, "Europe/London")
    return replace(made, **changes)


def pending(rail: RailName = PHONE, now: datetime = NOW, **changes: Any) -> Subscription:
    mandate = Mandate("mandate-1", Money(10_000, "GBP")) if rail is BANK else None
    network = ("234", "02") if rail is PHONE else None
    made, _ = subscribe("S0001", plan(rail), service(rail), Msisdn(NUMBER), network, mandate, now)
    return replace(made, **changes)


def standing(state: State, rail: RailName = PHONE, now: datetime = NOW, **changes: Any) -> Subscription:
    """A subscription in `state` whose timers are what the domain itself would have set; the bill is due at `now`."""
    if state is State.PENDING:
        return replace(pending(rail, now), **changes)
    made = pending(rail, now - timedelta(days=31))
    this = Schedule.starting(now, "Europe/London", MONTHLY)
    schedule = replace(this, anchor=this.anchor - relativedelta(months=1))
    told = Activity.LOGGED if RULES[rail].has_activity else Activity.NONE
    fields: dict[str, Any] = {"state": state, "schedule": schedule, "next_period": 2, "activity": told}
    match state:
        case State.TRIALING:
            fields |= {"schedule": this, "next_period": 1, "timers": {Timer.BILL: this.start(1)}}
        case State.ACTIVE:
            fields["timers"] = {Timer.BILL: schedule.start(2)}
        case State.PAST_DUE:
            fields |= {"tries": 1, "past_due_since": now - DAY}
            fields["timers"] = {Timer.BILL: now, Timer.DUNNING: now + 2 * DAY}
        case State.SUSPENDED:
            fields |= {"tries": 2, "past_due_since": now - 4 * DAY}
            fields["timers"] = {Timer.BILL: now, Timer.DUNNING: now + 13 * DAY}
        case State.PAUSED:
            fields |= {"paused_at": now - DAY, "timers": {}}
        case _:
            fields |= {"activity": Activity.CLOSED if RULES[rail].has_activity else Activity.NONE}
            fields |= {"timers": {}, "ended_at": now - DAY, "end_reason": "test"}
    return replace(made, **(fields | changes))


def kind_for(state: State) -> AttemptKind:
    return AttemptKind.FIRST_BILL if state is State.PENDING else AttemptKind.RENEWAL


def claimed(state: State, rail: RailName = PHONE, now: datetime = NOW, **changes: Any) -> Subscription:
    """A subscription in `state` whose next period is claimed."""
    return claim_period(standing(state, rail, now, **changes), kind_for(state), "owner-1", now).after


def charging(state: State, rail: RailName = PHONE, now: datetime = NOW, **changes: Any) -> tuple[Subscription, Charge]:
    """A subscription in `state` with a claimed on-demand charge."""
    made = claim_charge(standing(state, rail, now, **changes), "key", "body", Money(99, "GBP"), "extra", "owner-1", now)
    assert made.charge is not None
    return made.after, made.charge


def settled(subscription: Subscription, result: BillResult, now: datetime = NOW, **changes: Any) -> Change:
    """The change that settling the open attempt makes; fails the test when nothing is open."""
    assert subscription.open_attempt is not None
    change = settle(subscription, subscription.open_attempt.id, result, now, DUNNING, **changes)
    assert change is not None
    return change
