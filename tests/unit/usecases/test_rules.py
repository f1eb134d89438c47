"""Caps, notices and receipts through the use cases: what is put off, given up by name, and reported."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import FailureClass
from pinbill.domain.caps import Caps
from pinbill.domain.catalog import Terms
from pinbill.domain.coverage import Outcome, cover
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.notices import NoticeGiven, NoticeRules
from pinbill.domain.receipts import Channel, ReceiptSent
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import CapReached, NoticeMissing, NoticeNotAwaited, ReceiptNotOwed
from pinbill.usecases.notices import Notices
from pinbill.usecases.receipts import Receipts
from tests.unit.domain.samples import BANK, PHONE, UNKNOWN, declined
from tests.unit.usecases.world import World

RULES = NoticeRules()
MONTHLY = Terms(Caps(per_month=Money(600, "GBP")))


def noticed() -> World:
    """Paid for its first period, under a plan whose debits need a notice."""
    world = World(BANK, terms=Terms(notice=RULES))
    world.active()
    return world


def to(world: World, timer: Timer) -> Subscription:
    """Woken when this timer is due."""
    world.clock.set(max(world.now, world.subscription.timers[timer]))
    return world.wake()


def report(world: World) -> Subscription:
    notice = world.subscription.announced
    assert notice is not None
    given = NoticeGiven(notice.period, notice.amount, notice.bills_at, world.now)
    return Notices(world.store, world.catalog, world.clock).given(world.plan.partner, world.id, given)


def rule(world: World) -> object:
    """By which the last period was given up."""
    assert world.kinds[-1] is EntryKind.PERIODS_WRITTEN_OFF
    return world.entries[-1].detail["rule"]


def test_a_debit_is_announced_ahead_and_made_at_its_time_when_its_notice_was_given() -> None:
    world = noticed()
    to(world, Timer.NOTICE)
    report(world)

    to(world, Timer.BILL)

    assert world.kinds[-3:] == [EntryKind.BILL_ANNOUNCED, EntryKind.NOTICE_GIVEN, EntryKind.ATTEMPT_PAID]
    assert world.debits == ["period 1", "period 2"]
    world.check()


def test_a_debit_without_its_notice_waits_in_sight_and_is_given_up_by_name() -> None:
    world = noticed()
    to(world, Timer.NOTICE)
    due = to(world, Timer.BILL)
    assert due.waits_for_notice
    covered = cover(due, world.entries, world.now, world.now + RULES.lead, world.now)
    assert [row.outcome for row in covered.rows] == [Outcome.AWAITS_NOTICE]
    assert covered.findings == ()

    to(world, Timer.BILL)

    assert rule(world) == "no_notice"
    assert world.debits == ["period 1"]
    world.check()


def test_a_late_notice_puts_the_debit_off_by_a_day() -> None:
    world = noticed()
    to(world, Timer.NOTICE)
    to(world, Timer.BILL)
    world.after(hours=5)
    ready = world.now + RULES.least

    assert report(world).timers[Timer.BILL] == ready
    world.after(hours=23)
    world.wake()
    assert world.debits == ["period 1"]
    to(world, Timer.BILL)

    assert world.now == ready
    assert world.debits == ["period 1", "period 2"]


def test_a_rule_that_is_new_holds_for_who_subscribed_before() -> None:
    world = World(BANK)
    world.due()
    world.catalog.put_plan(replace(world.plan, terms=Terms(notice=RULES)))

    waiting = world.wake()

    assert waiting.notice_lead == RULES.lead
    assert world.kinds[-1] is EntryKind.BILL_ANNOUNCED
    assert world.debits == ["period 1"]


def test_the_period_of_an_opt_out_is_given_up_and_the_next_one_announced() -> None:
    world = noticed()
    to(world, Timer.NOTICE)
    report(world)
    Notices(world.store, world.catalog, world.clock).opt_out(world.plan.partner, world.id, 2)

    after = to(world, Timer.BILL)

    assert rule(world) == "opted_out"
    assert (after.state, after.next_period) == (State.ACTIVE, 3)
    assert Timer.NOTICE in after.timers


def test_nothing_is_charged_on_demand_and_no_notice_is_taken_where_none_is_owed() -> None:
    with pytest.raises(NoticeMissing):
        noticed().charge()
    world = World(BANK)
    world.active()
    given = NoticeGiven(2, world.plan.price, world.now, world.now)
    with pytest.raises(NoticeNotAwaited):
        Notices(world.store, world.catalog, world.clock).given(world.plan.partner, world.id, given)


@pytest.mark.parametrize(
    ("caps", "name"),
    [(Caps(per_charge=Money(449, "GBP")), "over_cap_charge"), (Caps(per_month=Money(449, "GBP")), "over_cap_month")],
)
def test_a_renewal_over_a_cap_is_not_sent_and_given_up_by_its_name(caps: Caps, name: str) -> None:
    world = World(PHONE)
    world.due()
    world.catalog.put_plan(replace(world.plan, terms=Terms(caps)))

    after = world.wake()

    assert rule(world) == name
    assert (after.next_period, after.access, world.debits) == (3, True, ["period 1"])
    assert world.telemetry.observed  # the operators see it
    world.check()


def test_a_charge_that_takes_up_the_month_before_the_renewals_claim_gives_the_period_up() -> None:
    world = World(PHONE, terms=MONTHLY)
    world.due()

    def charges() -> None:
        world.charge(minor=200)

    world.store.before_commit = charges
    world.wake()

    assert rule(world) == "over_cap_month"
    assert world.debits == ["period 1", "charge " + world.debits[1].removeprefix("charge ")]


def test_an_unknown_charge_keeps_its_part_of_the_month_until_it_is_known() -> None:
    world = World(PHONE, terms=MONTHLY)
    world.active()
    world.bills.will_bill(UNKNOWN)
    world.charge(minor=150)
    assert world.subscription.spent is not None
    assert world.subscription.spent.minor == 600


def test_a_first_bill_over_a_cap_is_refused_before_a_try_of_the_pin_is_used() -> None:
    world = World(PHONE)
    world.subscribe()
    world.catalog.put_plan(replace(world.plan, terms=Terms(Caps(per_charge=Money(1, "GBP")))))
    before = world.subscription

    with pytest.raises(CapReached):
        world.confirm()

    assert world.subscription == before


def test_a_declined_charge_leaves_room_for_the_next() -> None:
    world = World(PHONE, terms=MONTHLY)
    world.active()
    world.bills.will_bill(declined(FailureClass.SOFT))

    world.charge("a", minor=150)
    world.charge("b", minor=150)

    with pytest.raises(CapReached):
        world.charge("c", minor=1)


def test_a_receipt_is_reported_once_however_often_and_by_whomever_at_once() -> None:
    world = World(PHONE, service_changes={"receipt_owed_by": "partner"})
    world.active()
    receipts = Receipts(world.store, world.clock)
    sent = ReceiptSent(f"{world.id}-1", world.now, Channel.SMS)
    world.store.before_commit = lambda: receipts.sent(world.plan.partner, world.id, sent)

    receipts.sent(world.plan.partner, world.id, sent)
    receipts.sent(world.plan.partner, world.id, replace(sent, sent_at=world.now + timedelta(minutes=1)))

    assert world.kinds.count(EntryKind.RECEIPT_SENT) == 1


def test_a_receipt_of_another_services_payment_is_not_owed() -> None:
    world = World(PHONE)
    world.active()

    with pytest.raises(ReceiptNotOwed):
        Receipts(world.store, world.clock).sent(
            world.plan.partner, world.id, ReceiptSent(f"{world.id}-1", world.now, Channel.SMS)
        )
