"""What every catalog promises."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import ActivityOrder, CatchUp, PinRules
from pinbill.domain.dunning import Dunning
from pinbill.errors import PlanNotFound, ServiceNotFound
from tests.contracts.subject import Subject
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, PHONE_PLAN, PHONE_SERVICE

TOKEN, OTHER_TOKEN = "1" * 64, "2" * 64


def test_a_service_is_read_back_whole(subject: Subject) -> None:
    service = replace(
        PHONE_SERVICE,
        account="second",
        activity_order=ActivityOrder.AFTER_BILL,
        receipt_owed_by="partner",
        pin=PinRules(life=timedelta(minutes=3), tries=5),
        wire={"msisdn": "MobileNumber"},
        pin_codes={"17": "wrong"},
        callback_hash=TOKEN,
    )
    subject.writer.put_service(service)
    subject.writer.put_service(BANK_SERVICE)
    assert subject.catalog.service(PARTNER, service.id) == service
    assert subject.catalog.service(PARTNER, BANK_SERVICE.id) == BANK_SERVICE


def test_a_plan_is_read_back_whole(subject: Subject) -> None:
    plan = replace(
        PHONE_PLAN,
        trial_days=14,
        catch_up=CatchUp.BILL_EACH,
        catch_up_cap=2,
        dunning=Dunning(timedelta(days=1), timedelta(days=2), {FailureClass.SOFT: (timedelta(hours=1),)}),
        countries=("44", "1876"),
        retired=True,
    )
    subject.writer.put_plan(plan)
    subject.writer.put_plan(BANK_PLAN)
    assert subject.catalog.plan(PARTNER, plan.id) == plan
    assert subject.catalog.plan(PARTNER, BANK_PLAN.id) == BANK_PLAN


@pytest.mark.parametrize("id", ["", "unknown", "SUB", "#", "x" * 65, "a/b", "ä"])
def test_a_name_that_is_not_in_the_catalog_is_not_found_whatever_its_form(subject: Subject, id: str) -> None:
    subject.writer.put_plan(PHONE_PLAN)
    with pytest.raises(PlanNotFound):
        subject.catalog.plan(PARTNER, id)
    with pytest.raises(ServiceNotFound):
        subject.catalog.service(PARTNER, id)


def test_a_later_writing_replaces_an_earlier_one(subject: Subject) -> None:
    subject.writer.put_plan(PHONE_PLAN)
    subject.writer.put_plan(replace(PHONE_PLAN, retired=True))
    assert subject.catalog.plan(PARTNER, PHONE_PLAN.id).retired


def test_a_partner_sees_its_own_plans_in_the_order_of_their_names(subject: Subject) -> None:
    theirs = replace(PHONE_PLAN, partner="other", id="aaa")
    for plan in (PHONE_PLAN, BANK_PLAN, theirs):
        subject.writer.put_plan(plan)
    subject.writer.put_service(PHONE_SERVICE)
    assert subject.catalog.plans(PARTNER) == [BANK_PLAN, PHONE_PLAN]
    assert subject.catalog.plans("other") == [theirs]
    assert subject.catalog.plans("nobody") == []
    with pytest.raises(PlanNotFound):
        subject.catalog.plan(PARTNER, "aaa")


def test_a_callback_token_leads_to_its_service_until_it_is_replaced(subject: Subject) -> None:
    first = replace(PHONE_SERVICE, callback_hash=TOKEN)
    subject.writer.put_service(first)
    subject.writer.put_service(BANK_SERVICE)
    assert subject.catalog.service_by_callback(TOKEN) == first
    assert subject.catalog.service_by_callback(OTHER_TOKEN) is None
    second = replace(PHONE_SERVICE, callback_hash=OTHER_TOKEN)
    subject.writer.put_service(second)
    assert subject.catalog.service_by_callback(TOKEN) is None
    assert subject.catalog.service_by_callback(OTHER_TOKEN) == second
    subject.writer.put_service(PHONE_SERVICE)
    assert subject.catalog.service_by_callback(OTHER_TOKEN) is None
