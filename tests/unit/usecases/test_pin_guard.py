"""SMS are counted before the provider is asked, and nobody learns from a refusal which guard it was."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import Guard, Guards, partner_tally, prefix_tally
from pinbill.errors import (
    AllowanceSpent,
    CountryNotSold,
    PinbillError,
    SmsLimited,
    StoreUnavailable,
    SubscriptionExists,
)
from pinbill.usecases.calls import Answer, CallResult
from pinbill.usecases.pin_guard import Asker
from pinbill.usecases.ports.telemetry import Observation
from tests.fakes.rails import DONE
from tests.unit.domain.samples import BANK, NUMBER
from tests.unit.usecases.guarding import Desk, number
from tests.unit.usecases.world import World

SENDS = ["number", "is partner full", "add to prefix", "add to partner", "put number"]


def test_an_sms_is_counted_before_it_is_asked_for() -> None:
    world = World()
    counted: list[int] = []
    world.phone.during["send_pin"] = lambda: counted.append(len(world.tallies.uses[Msisdn(NUMBER)].sent))

    world.subscribe()

    assert counted == [1]


def test_what_cannot_be_counted_is_not_sent_and_leaves_nothing() -> None:
    world = World()
    world.tallies.failure = StoreUnavailable()

    with pytest.raises(StoreUnavailable):
        world.subscribe()

    assert world.store.subscriptions == {}
    assert world.phone.calls == []


def test_a_refused_sms_leaves_no_subscription_and_asks_nobody() -> None:
    world = World()
    world.own_guards["unconfirmed"] = 1
    world.subscribe()

    with pytest.raises(SmsLimited) as refusal:
        world.subscribe(msisdn="+447700900124")

    assert refusal.value.retry_after == SmsLimited.wait
    assert len(world.store.subscriptions) == 1
    assert world.phone.called("send_pin") == 1


def test_a_mandate_sends_no_sms_and_counts_none() -> None:
    world = World(BANK)

    world.subscribe()
    world.confirm()

    assert world.tallies.asked == []


def test_a_subscription_that_is_there_already_counts_no_second_sms() -> None:
    world = World()
    world.subscribe()
    before = {tally: dict(counts) for tally, counts in world.tallies.counts.items()}

    for _ in range(10):
        with pytest.raises(SubscriptionExists):
            world.subscribe()

    assert {tally: dict(counts) for tally, counts in world.tallies.counts.items()} == before
    assert len(world.tallies.uses[Msisdn(NUMBER)].sent) == 1


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        (CallResult(Answer.NOT_SENT), 0),
        (CallResult(Answer.BUSY, retry_after=1), 0),
        (CallResult(Answer.REFUSED), 0),
        (CallResult(Answer.REJECTED), 1),
        (CallResult(Answer.UNCLEAR), 1),
        (DONE, 1),
    ],
    ids=lambda value: value.answer if isinstance(value, CallResult) else "",
)
def test_only_what_was_certainly_not_sent_is_given_back(answer: CallResult, counted: int) -> None:
    world = World()
    world.phone.will_answer("send_pin", answer)

    with suppress(PinbillError):
        world.subscribe()

    assert len(world.tallies.uses[Msisdn(NUMBER)].sent) == counted
    (partner,) = (counts for tally, counts in world.tallies.counts.items() if tally.kind == "partner")
    assert (partner["n"], partner["u"]) == (counted, 100 * counted)


def test_a_resend_that_is_too_soon_counts_no_sms() -> None:
    world = World()
    world.subscribe()

    with pytest.raises(PinbillError):
        world.resend()

    assert len(world.tallies.uses[Msisdn(NUMBER)].sent) == 1


def test_a_crowd_at_once_gets_what_one_gets() -> None:
    desk, answers = Desk(), list[str]()
    gate = threading.Barrier(8)

    def ask(at: int) -> None:
        gate.wait()
        answers.extend(desk.send(partner=f"p{at}") for _ in range(4))

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count("sent") == Guards().sms_a_number_soon
    assert len(answers) == 32
    counted = [counts for tally, counts in desk.tallies.counts.items() if tally.kind == "partner"]
    assert sum(counts["n"] for counts in counted) == Guards().sms_a_number_soon


def test_who_is_overtaken_at_a_number_is_refused_and_has_counted_nothing() -> None:
    desk = Desk(sms_soon=1)
    desk.send(address="192.0.2.1")
    counts = {tally: dict(found) for tally, found in desk.tallies.counts.items()}
    desk.tallies.overtaken = True

    assert desk.send(address="192.0.2.1") == SmsLimited.code

    assert {tally: dict(found) for tally, found in desk.tallies.counts.items()} == counts


@pytest.mark.parametrize(
    ("guard", "figures"),
    [
        (Guard.NUMBER, {"sms_soon": 1}),
        (Guard.BLOCK, {"unconfirmed_a_block": 1}),
        (Guard.PREFIX, {"unconfirmed_a_prefix": 1}),
        (Guard.ADDRESS, {"unconfirmed_an_address": 1}),
        (Guard.PARTNER, {"unconfirmed": 1}),
    ],
)
def test_every_refusal_is_the_same_answer_after_the_same_calls(guard: Guard, figures: dict[str, int]) -> None:
    desk = Desk(**figures)
    desk.send(address="192.0.2.1")
    asked = 123 if guard is Guard.NUMBER else 124
    counts = {tally: dict(found) for tally, found in desk.tallies.counts.items()}
    desk.tallies.asked.clear()

    answered = desk.send(asked, address="192.0.2.1")

    assert answered == SmsLimited.code
    assert desk.refusals() == [guard]
    assert desk.tallies.asked == SENDS
    assert desk.tallies.counts == counts


def test_what_a_refusal_says_is_the_same_for_every_guard() -> None:
    assert (SmsLimited().detail, SmsLimited().retry_after) == (SmsLimited().detail, 600)
    for guard in Guard:
        assert f"{guard} " not in SmsLimited().detail


def test_the_spending_of_a_day_is_told_as_such_and_is_over_with_the_day() -> None:
    desk = Desk(spend_a_day=1, sms_price=5_000)
    assert [desk.send(last) for last in range(3)] == ["sent", "sent", AllowanceSpent.code]

    desk.clock.advance(timedelta(hours=14))

    assert desk.send(4) == "sent"


def test_a_partner_that_may_send_no_more_uses_up_no_prefix() -> None:
    desk = Desk(unconfirmed=2)
    for last in range(50):
        desk.send(last)

    assert desk.tallies.counts[prefix_tally("acme", number(1), desk.clock.now())]["u"] == 200
    assert desk.send(99, partner="bravo") == "sent"


def test_numbers_that_are_asked_for_again_and_again_use_up_no_prefix() -> None:
    desk = Desk()
    for _ in range(50):
        desk.send(1)

    assert desk.tallies.counts[prefix_tally("acme", number(1), desk.clock.now())]["u"] == 100
    assert desk.tallies.counts[partner_tally("acme", desk.clock.now())]["u"] == 100
    assert desk.tallies.counts[partner_tally("acme", desk.clock.now())]["n"] == 4


def test_who_pumps_through_one_partner_stops_nobody_at_another() -> None:
    desk = Desk(unconfirmed_a_block=2)

    assert [desk.send(last) for last in range(3)] == ["sent", "sent", SmsLimited.code]
    assert desk.send(3, partner="bravo") == "sent"


def test_an_sms_that_was_refused_opens_no_way_for_the_next() -> None:
    desk = Desk(unconfirmed_a_block=1)
    desk.send(0)

    assert [desk.send(1) for _ in range(3)] == [SmsLimited.code] * 3


def test_a_number_that_was_sent_to_can_be_sent_to_again_although_its_block_is_full() -> None:
    desk = Desk(unconfirmed_a_block=1)

    assert [desk.send(0), desk.send(0), desk.send(1)] == ["sent", "sent", SmsLimited.code]


def test_a_number_gives_its_credit_once_however_many_pins_it_confirms() -> None:
    desk = Desk(unconfirmed=5, pins=9, sms_soon=9)
    for service in "abcd":
        desk.send(0, service=service)
        desk.guard.right(desk.guard.attempt(Asker("acme", service, number(0))))

    assert desk.tallies.counts[partner_tally("acme", desk.clock.now())]["u"] == -80


def test_a_confirmed_pin_gives_back_its_sms_and_credit() -> None:
    desk = Desk(unconfirmed=2, credit=100)
    for last in range(2):
        desk.send(last)
    assert desk.send(2) == SmsLimited.code

    desk.guard.right(desk.guard.attempt(Asker("acme", "news", number(0))))

    assert [desk.send(last) for last in (3, 4, 5)] == ["sent", "sent", SmsLimited.code]


def test_nobody_saves_up_more_than_may_be_open() -> None:
    desk = Desk(unconfirmed=3, unconfirmed_a_prefix=999, unconfirmed_a_block=999)
    for last in range(40):
        desk.send(last)
        desk.guard.right(desk.guard.attempt(Asker("acme", "news", number(last))))

    assert desk.tallies.counts[partner_tally("acme", desk.clock.now())]["u"] == -320
    assert [desk.send(last) for last in range(100, 120)].count("sent") == 7


def test_an_operator_can_set_what_is_a_partners_own() -> None:
    desk = Desk()
    desk.own["sms_soon"] = 1

    assert [desk.send() for _ in range(2)] == ["sent", SmsLimited.code]


def test_a_plan_is_sold_to_numbers_of_its_countries() -> None:
    world = World(countries=("9991", "9997"))

    with pytest.raises(CountryNotSold):
        world.subscribe()

    assert world.tallies.asked == []
    assert world.store.subscriptions == {}
    assert world.subscribe(msisdn="+999700900124").pin is not None


def test_what_the_log_and_the_metrics_see_names_no_number() -> None:
    world = World()
    world.own_guards["sms_soon"] = 1
    world.subscribe()
    world.after(minutes=1)
    with pytest.raises(SmsLimited):
        world.resend()

    assert "900" not in repr([seen for seen in world.telemetry.observed if seen.what is Observation.SMS_REFUSED])
    shown = repr(Asker("acme", "news", Msisdn(NUMBER), "192.0.2.1"))
    assert NUMBER not in shown
    assert "192" not in shown
