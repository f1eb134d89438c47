"""Subscriptions that wait for their next period, as contract tests of the indexes need them."""

from dataclasses import replace
from datetime import datetime

from pinbill.domain.attempts import AttemptKind, BillResult
from pinbill.domain.catalog import Plan
from pinbill.domain.claims import claim_period
from pinbill.domain.dunning import Dunning
from pinbill.domain.periods import Schedule
from pinbill.domain.settlement import settle
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.ports.store import Store
from tests.fakes.samples import PAID, PHONE_PLAN, PHONE_SERVICE, msisdn, pending

ANCHOR = datetime(2026, 10, 6, 9, 30, 15)  # noqa: DTZ001  local to the plan's zone


def renewing(
    store: Store, id: str = "SUB1", anchor: datetime = ANCHOR, plan: Plan = PHONE_PLAN, last_digits: int = 123
) -> Subscription:
    """Has paid its first period, from `anchor` on, and waits for the second."""
    service = replace(PHONE_SERVICE, partner=plan.partner)
    subscription, entry = pending(id, plan=plan, service=service, number=msisdn(last_digits))
    schedule = Schedule(anchor, plan.zone, plan.recurrence)
    waits = {Timer.BILL: schedule.start(2)}
    active = replace(subscription, state=State.ACTIVE, pin=None, schedule=schedule, next_period=2, timers=waits)
    return store.create(active, entry)


def claimed(store: Store, subscription: Subscription) -> Subscription:
    """The bill is asked for when its slot comes up."""
    claim = claim_period(subscription, AttemptKind.RENEWAL, "owner-1", subscription.timers[Timer.BILL])
    store.commit(claim)
    return claim.after


def settled(store: Store, subscription: Subscription, result: BillResult = PAID) -> Subscription:
    assert subscription.open_attempt is not None
    attempt = subscription.open_attempt
    settlement = settle(subscription, attempt.id, result, attempt.claimed_at, Dunning())
    assert settlement is not None
    store.commit(settlement)
    return settlement.after
