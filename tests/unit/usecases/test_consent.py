"""Consent is shown before anything is sent or billed, and what was shown is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain import consent
from pinbill.domain.catalog import RailName
from pinbill.domain.consent import Consent, ConsentRules, Method, Part, Stage
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.errors import ConsentContradicts, ConsentMissing
from pinbill.usecases.confirmations import Agreed
from tests.unit.domain.samples import BANK, PHONE, PRICE
from tests.unit.usecases.world import PIN, World

RULES = ConsentRules(frozenset({Part.TEXT, Part.PRICE}), frozenset({Part.GIVEN_AT, Part.METHOD}))
SHOWN = Consent(text_version="v7", price=PRICE)


def second(world: World) -> Agreed:
    return Agreed(Consent(given_at=world.now, method=Method.APP), "k2")


def confirm(world: World, agreed: Agreed) -> None:
    pin = PIN if world.rail is PHONE else None
    world.pin_confirm(world.plan.partner, world.id, pin, agreed=agreed)


@pytest.mark.parametrize("rail", list(RailName))
def test_without_the_evidence_that_the_plan_wants_no_pin_is_sent_and_nothing_is_stored(rail: RailName) -> None:
    world = World(rail, consent=RULES)

    with pytest.raises(ConsentMissing):
        world.subscribe()

    assert world.phone.calls == []
    assert world.store.subscriptions == {}


def test_another_price_than_the_plans_is_refused_before_the_pin_is_sent() -> None:
    world = World(PHONE)

    with pytest.raises(ConsentContradicts):
        world.subscribe(consent=replace(SHOWN, price=Money(1, "GBP")))

    assert world.phone.calls == []


@pytest.mark.parametrize("rail", list(RailName))
def test_without_the_second_stage_nothing_is_billed_and_no_try_of_the_pin_is_used(rail: RailName) -> None:
    world = World(rail, consent=RULES)
    world.subscribe(consent=SHOWN, key="k1")
    before = world.subscription

    with pytest.raises(ConsentMissing):
        world.confirm()

    assert world.subscription == before
    assert world.bills.orders == []


@pytest.mark.parametrize("rail", list(RailName))
def test_both_stages_stand_in_the_journal_in_front_of_the_first_bill(rail: RailName) -> None:
    world = World(rail, consent=RULES)
    world.subscribe(consent=SHOWN, key="k1")
    world.after(minutes=3)

    confirm(world, second(world))

    assert world.kinds == [EntryKind.SUBSCRIBED, EntryKind.CONSENT_GIVEN, EntryKind.ATTEMPT_PAID]
    found = consent.record(world.entries, world.plan.consent)
    assert [(stage.stage, stage.key) for stage in found.stages] == [(Stage.REQUEST, "k1"), (Stage.CONFIRM, "k2")]
    assert found.missing == {Stage.REQUEST: frozenset(), Stage.CONFIRM: frozenset()}
    assert found.confirmed_at == world.now
    world.check()


def test_a_confirm_that_is_refused_for_its_consent_can_be_repeated_with_it() -> None:
    world = World(PHONE, consent=RULES)
    world.subscribe(consent=SHOWN)
    with pytest.raises(ConsentContradicts):
        confirm(world, Agreed(Consent(given_at=world.now + timedelta(hours=1), method=Method.APP)))

    confirm(world, second(world))

    assert world.debits == ["period 1"]


def test_a_pin_that_was_wrong_leaves_what_was_said_with_it_and_no_pin() -> None:
    world = World(PHONE)
    world.subscribe()

    confirm(world, second(world))

    assert PIN not in str(world.entries)


def test_a_new_price_of_the_plan_is_not_the_price_of_who_agreed_before() -> None:
    world = World(PHONE, consent=ConsentRules(confirm=frozenset({Part.PRICE})))
    world.subscribe()
    world.catalog.put_plan(replace(world.plan, price=Money(999, "GBP")))

    with pytest.raises(ConsentContradicts):
        confirm(world, Agreed(Consent(price=Money(999, "GBP"))))
    confirm(world, Agreed(Consent(price=PRICE)))

    assert [debit.amount for debit in world.bills.ledger] == [PRICE]


def test_a_plan_that_wants_nothing_costs_no_entry_and_no_write_more() -> None:
    world = World(BANK)
    world.active()

    assert world.kinds == [EntryKind.SUBSCRIBED, EntryKind.ATTEMPT_PAID]
    assert len(world.store.changes) == 2
