"""What every index of slots promises of its cohorts: nobody renews in one that is not known."""

from dataclasses import replace
from datetime import timedelta

from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.slots import Cohort
from pinbill.domain.states import State
from pinbill.usecases.ports.due import SlotIndex
from pinbill.usecases.ports.store import Store
from tests.contracts.renewing import renewing
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PHONE_PLAN, PHONE_SERVICE, mandate, msisdn, pending

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY


def test_without_subscriptions_there_are_no_cohorts(slots: SlotIndex) -> None:
    assert slots.cohorts(PHONE) == {}
    assert slots.cohorts(BANK) == {}


def test_a_cohort_is_known_from_its_first_subscription_on_although_that_is_not_confirmed(
    store: Store, slots: SlotIndex
) -> None:
    subscription = store.create(*pending())
    assert slots.cohorts(PHONE) == {subscription.cohort: START}


def test_a_cohort_is_known_since_its_first_subscription(store: Store, slots: SlotIndex) -> None:
    first = store.create(*pending(now=START + timedelta(microseconds=1)))
    store.create(*pending("SUB2", number=msisdn(2), now=START + timedelta(days=40)))
    assert slots.cohorts(PHONE) == {first.cohort: START + timedelta(microseconds=1)}


def test_a_cohort_stays_known_when_nobody_of_it_is_left(store: Store, slots: SlotIndex) -> None:
    subscription = renewing(store)
    store.commit(Change.of(subscription).set(state=State.ENDED))
    assert list(slots.cohorts(PHONE)) == [subscription.cohort]


def test_every_partner_plan_zone_and_calendar_is_a_cohort_of_its_own(store: Store, slots: SlotIndex) -> None:
    plans = [
        PHONE_PLAN,
        replace(PHONE_PLAN, partner="acm"),
        replace(PHONE_PLAN, partner="a" * 64),
        replace(PHONE_PLAN, id="p" * 64),
        replace(PHONE_PLAN, zone="America/Argentina/ComodRivadavia"),
        replace(PHONE_PLAN, zone="Etc/GMT+12"),
        *[replace(PHONE_PLAN, recurrence=Recurrence(unit, count)) for unit in Unit for count in (2, 12, 366)],
    ]
    for n, plan in enumerate(plans):
        service = replace(PHONE_SERVICE, partner=plan.partner)
        store.create(*pending(f"SUB{n}", plan=plan, service=service, number=msisdn(n)))
    expected = {Cohort(PHONE, plan.partner, plan.id, plan.zone, plan.recurrence) for plan in plans}
    assert set(slots.cohorts(PHONE)) == expected
    assert len(expected) == len(plans)


def test_rails_have_cohorts_of_their_own(store: Store, slots: SlotIndex) -> None:
    phone = store.create(*pending())
    bank = store.create(*pending("BANK", plan=BANK_PLAN, service=BANK_SERVICE, number=msisdn(9), mandate=mandate()))
    assert list(slots.cohorts(PHONE)) == [phone.cohort]
    assert list(slots.cohorts(BANK)) == [bank.cohort]
