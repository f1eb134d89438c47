"""What was debited and at which price, out of journals: nothing twice, nothing that was not taken."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ops.ledger import Wanted, as_list, as_totals, debits, sold
from ops.table_scan import Account
from pinbill.domain.attempts import AttemptState
from pinbill.domain.money import Money
from pinbill.usecases.callback import Refunded
from tests.unit.domain.samples import UNKNOWN, declined
from tests.unit.usecases.unknowns import last, opened, prove, wrongly_denied
from tests.unit.usecases.world import World

PRICE, WRONG = Money(450, "GBP"), Money(4500, "GBP")


def active(price: Money = PRICE) -> World:
    world = World(price=price)
    world.active()
    return world


def account(world: World) -> Account:
    return Account(world.subscription, world.entries)


def totals(*worlds: World, wanted: Wanted | None = None) -> list[list[str]]:
    return [line.split() for line in as_totals(debits(map(account, worlds), wanted or Wanted()))]


def lines(*worlds: World, wanted: Wanted | None = None) -> list[str]:
    return list(as_list(debits(map(account, worlds), wanted or Wanted())))


def test_debits_are_added_up_by_day_plan_kind_and_price() -> None:
    one = active()
    one.charge(minor=99)

    headings, *rows, total = totals(one, active(WRONG), active())

    assert headings[:4] == ["day", "plan", "kind", "price"]
    assert [row[2:] for row in rows] == [
        ["charge", "0.99", "GBP", "1", "0.99", "0.00"],
        ["first_bill", "4.50", "GBP", "2", "9.00", "0.00"],
        ["first_bill", "45.00", "GBP", "1", "45.00", "0.00"],
    ]
    assert " ".join(total) == "4 debits, 54.99 GBP, of which 0.00 was given back"


def test_what_was_not_taken_is_not_counted() -> None:
    refused, unknown = World(), World()
    refused.subscribe()
    refused.bills.will_bill(declined())
    refused.confirm()
    unknown.due()
    unknown.bills.will_bill(UNKNOWN)
    unknown.wake()

    assert totals(refused) == [["nothing", "was", "debited"]]
    assert [row[2] for row in totals(unknown)[1:-1]] == ["first_bill"]


def test_periods_at_another_price_are_found_and_charges_are_not() -> None:
    one, other = active(), active(WRONG)
    for world in (one, other):
        world.charge(minor=99)

    *found, count = lines(one, other, wanted=Wanted(not_at=PRICE))

    assert [line.split("  ")[2] for line in found] == [other.id]
    assert found[0].endswith("first_bill  45.00 GBP")
    assert count == "1 debit"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (lambda at: Wanted(since=at), 1),
        (lambda at: Wanted(since=at + timedelta(seconds=1)), 0),
        (lambda at: Wanted(until=at), 0),
        (lambda at: Wanted(until=at + timedelta(seconds=1)), 1),
        (lambda at: Wanted(partner="acme", plan="monthly-infomedia"), 1),
        (lambda at: Wanted(partner="rival"), 0),
        (lambda at: Wanted(plan="weekly"), 0),
    ],
)
def test_only_what_is_asked_for_is_listed(wanted: Callable[..., Wanted], count: int) -> None:
    world = active()

    assert len(lines(world, wanted=wanted(world.now))) == count + 1


def test_what_was_given_back_stands_beside_its_debit() -> None:
    world = active(WRONG)
    world.report(Refunded(last(world), Money(4050, "GBP"), "r-1"))

    assert lines(world)[0].endswith("45.00 GBP  40.50 given back")
    assert " ".join(totals(world)[-1]) == "1 debits, 45.00 GBP, of which 40.50 was given back"


def test_a_debit_that_nobody_owed_is_a_debit_and_says_so() -> None:
    world = opened()
    reference = wrongly_denied(world)
    world.wake()
    prove(world, reference)

    assert len(lines(world)) == len(world.bills.ledger) + 1
    assert [line.endswith("IN EXCESS") for line in lines(world)[:-1]].count(True) == 1


def test_live_subscribers_are_listed_by_the_price_that_they_agreed_to() -> None:
    one, other, gone = active(), active(WRONG), active(WRONG)
    gone.cancel()
    catalog = {(one.plan.partner, one.plan.id): one.plan}

    headings, right, wrong = sold(map(account, (one, other, gone)), catalog, Wanted())

    assert headings.split("  ")[0] == "plan"
    assert right.split()[1:6] == ["4.50", "GBP", "4.50", "GBP", "1"]
    assert wrong.split()[1:7] == ["4.50", "GBP", "45.00", "GBP", "*", "1"]
    assert list(sold([account(gone)], catalog, Wanted())) == ["there is no live subscription"]
    assert "not there" in list(sold([account(one)], {}, Wanted()))[1]


def test_the_states_of_a_debit_are_those_of_its_attempt() -> None:
    found = list(debits([account(active())], Wanted()))

    assert [debit.attempt.state for debit in found] == [AttemptState.PAID]
