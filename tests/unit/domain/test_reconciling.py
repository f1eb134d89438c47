"""A report against our books: what is known agrees, what was lost is booked for what it has paid, and nothing twice."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

import pytest

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, BillResult, Decision, FailureClass
from pinbill.domain.catalog import CatchUp, RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge
from pinbill.domain.ending import When
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.reconciling import Reconciling, Span, Standing, Step
from pinbill.domain.renewal import write_off, written_off
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription, Timer
from pinbill.domain.unrecorded import LOST_KEY, Reported, Says
from tests.unit.domain.journals import LONG, Played
from tests.unit.domain.samples import BANK, NOW, PHONE

SPAN = Span(NOW - LONG, NOW + LONG)
DECISION = Decision("ann", "the report of November", 0)
DECLINED = BillResult(AttemptState.DECLINED, "AA", FailureClass.SOFT)
UNKNOWN = BillResult(AttemptState.UNKNOWN, "read_timeout")
BOTH = pytest.mark.parametrize("rail", [PHONE, BANK])


class Written(Played):
    """Remembers each write, as redo lines do."""

    def __init__(self, rail: RailName) -> None:
        super().__init__(rail)
        self.changes: list[Change] = []

    @override
    def write(self, change: Change | None) -> None:
        super().write(change)
        assert change is not None
        self.changes.append(change)


class Books:
    """A subscription as it really was, and as our books have it after a loss."""

    def __init__(self, rail: RailName) -> None:
        self.rail = rail
        self.real = Written(rail)
        self.reported: list[Reported] = []
        self.kept: tuple[Subscription, Sequence[Entry]] | None = None

    def start(self) -> "Books":
        self.real.claim(AttemptKind.FIRST_BILL)
        return self.answer()

    def bill(self) -> "Books":
        self.real.now = max(self.real.now, self.real.subscription.timers[Timer.BILL])
        self.real.claim()
        return self.answer()

    def answer(self, state: AttemptState = AttemptState.PAID, *, debited: bool = True) -> "Books":
        attempt = self.real.subscription.open_attempt
        assert attempt is not None
        if debited:
            self.report(attempt)
        known = f"pay-{attempt.id}" if state is AttemptState.PAID else None
        self.real.settle(BillResult(state, "00", provider_reference=known))
        return self

    def report(self, attempt: Attempt, says: Says = Says.PAID) -> None:
        reference = attempt.id if self.rail is PHONE else None
        mandate = None if self.rail is PHONE else "mandate-1"
        payment = f"pay-{attempt.id}"
        self.reported.append(Reported(attempt.claimed_at, attempt.amount, payment, says, reference, mandate))

    def keep(self) -> "Books":
        """What our books are from now on, whatever really happens."""
        self.kept = self.real.subscription, tuple(self.real.entries)
        return self

    def lose(self, is_lost: Callable[[Change], bool]) -> "Books":
        """Some writes: what is left is the subscription of the last other one, and the entries of all others."""
        kept = [change for change in self.real.changes if not is_lost(change)]
        self.kept = kept[-1].after, [self.real.entries[0], *(entry for change in kept for entry in change.entries)]
        return self

    def steps(self, span: Span = SPAN, now: datetime | None = None) -> list[Step]:
        subscription, entries = self.kept or (self.real.subscription, tuple(self.real.entries))
        books = Reconciling.of(subscription, entries, self.real.plan, DECISION, now or self.real.now, lambda _: None)
        steps = list(books.steps(self.reported, span))
        for step in steps:
            if step.change is not None:
                assert step.change.before.version == subscription.version
                subscription = step.change.after
                entries = (*entries, *step.change.entries)
        self.kept = subscription, entries
        return steps

    @property
    def subscription(self) -> Subscription:
        assert self.kept is not None
        return self.kept[0]

    @property
    def entries(self) -> Sequence[Entry]:
        assert self.kept is not None
        return self.kept[1]

    def paid(self) -> list[int | None]:
        return [e.attempt.obligation.period for e in self.entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt]


def standings(steps: Sequence[Step]) -> list[Standing]:
    return [step.standing for step in steps]


@BOTH
def test_books_that_have_lost_nothing_agree_with_the_report(rail: RailName) -> None:
    books = Books(rail).start().bill().bill()
    assert standings(books.steps()) == [Standing.AGREES] * 3


@BOTH
def test_bills_that_were_lost_are_booked_for_their_periods_and_not_due_again(rail: RailName) -> None:
    books = Books(rail).start().bill().keep().bill().bill()

    assert standings(books.steps()) == [Standing.AGREES] * 2 + [Standing.BOOKED] * 2

    assert books.paid() == [1, 2, 3, 4]
    real = books.real.subscription
    assert (books.subscription.next_period, books.subscription.timers) == (real.next_period, real.timers)
    assert books.subscription.attempts == real.attempts
    assert books.subscription.state is State.ACTIVE


@BOTH
def test_a_second_time_everything_agrees(rail: RailName) -> None:
    books = Books(rail).start().keep().bill().bill()
    books.steps()
    assert standings(books.steps()) == [Standing.AGREES] * 3


@BOTH
def test_a_first_bill_that_was_lost_begins_the_subscription_when_it_was_asked_for(rail: RailName) -> None:
    books = Books(rail).keep().start().bill()
    books.steps()
    assert books.subscription.schedule == books.real.subscription.schedule
    assert books.paid() == [1, 2]
    assert books.subscription.state is State.ACTIVE


@BOTH
def test_what_lies_before_a_period_that_is_paid_is_given_up_by_name(rail: RailName) -> None:
    books = Books(rail).start().keep()
    books.real.now = books.real.subscription.timers[Timer.BILL] + timedelta(days=70)
    books.real.bill()  # what its plan gives up, and the last
    attempt = books.real.subscription.open_attempt or books.real.entries[-1].attempt
    assert attempt is not None
    books.report(attempt)

    assert standings(books.steps()) == [Standing.AGREES, Standing.GIVEN_UP, Standing.BOOKED]

    [given_up] = [entry for entry in books.entries if entry.kind is EntryKind.PERIODS_WRITTEN_OFF]
    assert given_up.detail["rule"] == "reconciled"
    assert books.subscription.next_period == books.real.subscription.next_period


@BOTH
def test_two_that_were_asked_for_in_one_period_have_paid_the_one_before_too(rail: RailName) -> None:
    books = Books(rail).start().keep()
    books.real.plan = replace(books.real.plan, catch_up=CatchUp.BILL_EACH)
    third = books.real.subscription.timers[Timer.BILL] + timedelta(days=32)
    books.real.now = third
    books.bill()
    books.real.now += timedelta(seconds=2)
    books.bill()

    assert standings(books.steps()) == [Standing.AGREES, Standing.BOOKED, Standing.BOOKED]
    assert books.paid() == [1, 2, 3]


@BOTH
@pytest.mark.parametrize("state", [AttemptState.UNKNOWN, AttemptState.IN_FLIGHT])
def test_an_open_attempt_is_paid_when_the_report_has_it(rail: RailName, state: AttemptState) -> None:
    books = Books(rail).start()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    if state is AttemptState.UNKNOWN:
        books.answer(state)
    else:
        attempt = books.real.subscription.open_attempt
        assert attempt is not None
        books.report(attempt)

    assert standings(books.steps()) == [Standing.AGREES, Standing.SETTLED]
    assert books.subscription.open_attempt is None
    assert books.paid() == [1, 2]


@BOTH
def test_an_open_attempt_that_a_whole_report_does_not_have_was_not_charged(rail: RailName) -> None:
    books = Books(rail).start()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    books.answer(AttemptState.UNKNOWN, debited=False)
    asked = books.real.now

    assert standings(books.steps(now=asked + timedelta(minutes=20)))[1:] == [Standing.WAITS]  # it may land yet
    short = Span(SPAN.since, asked + timedelta(minutes=30))
    assert standings(books.steps(short, asked + timedelta(hours=3)))[1:] == [Standing.WAITS]
    assert standings(books.steps(now=asked + timedelta(hours=3)))[1:] == [Standing.SETTLED]
    assert books.subscription.open_attempt is None
    assert books.subscription.next_period == 2
    assert books.entries[-1].kind is EntryKind.ATTEMPT_NOT_CHARGED


@BOTH
def test_a_settled_period_whose_attempt_the_report_does_not_have_is_for_a_person(
    rail: RailName,
) -> None:
    books = Books(rail).start()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    books.answer(AttemptState.UNKNOWN, debited=False)
    books.answer(debited=False)
    books.lose(lambda change: change is books.real.changes[-1])
    assert books.kept is not None
    books.kept = books.real.subscription, books.kept[1]

    steps = books.steps(now=books.real.now + timedelta(hours=3))

    assert standings(steps) == [Standing.AGREES, Standing.MISSING]
    assert steps[-1].change is None


@BOTH
def test_a_period_that_was_given_up_and_is_found_paid_is_an_excess(rail: RailName) -> None:
    books = Books(rail).start()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    books.answer(AttemptState.UNKNOWN)
    books.real.settle(BillResult(AttemptState.NOT_CHARGED, "decided"))
    closed = books.real.changes[-1]
    books.real.now += timedelta(days=70)
    off = written_off(books.real.subscription, books.real.plan, books.real.now)
    assert off is not None
    books.real.write(write_off(books.real.subscription, off, books.real.now))
    books.lose(lambda change: change is closed)

    assert standings(books.steps())[:2] == [Standing.AGREES, Standing.EXCESS]
    assert books.paid() == [1]


def test_an_attempt_that_we_hold_for_declined_and_was_debited_is_booked_late() -> None:
    books = Books(PHONE).start()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    attempt = books.real.subscription.open_attempt
    assert attempt is not None
    books.real.settle(DECLINED)
    books.report(attempt)

    assert standings(books.steps()) == [Standing.AGREES, Standing.LATE]
    assert books.paid() == [1, 2]


def test_a_lost_attempt_that_took_nothing_uses_up_its_reference() -> None:
    books = Books(PHONE).start().keep()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    attempt = books.real.subscription.open_attempt
    assert attempt is not None
    books.report(attempt, Says.DECLINED)

    assert standings(books.steps()) == [Standing.AGREES, Standing.BOOKED]
    assert books.subscription.attempts == 2
    assert books.subscription.next_period == 2
    assert books.subscription.is_due(Timer.BILL, books.real.now)


def test_a_bank_payment_that_is_pending_and_was_lost_is_open_again() -> None:
    books = Books(BANK).start().keep()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.real.claim()
    attempt = books.real.subscription.open_attempt
    assert attempt is not None
    books.report(attempt, Says.PENDING)

    assert standings(books.steps()) == [Standing.AGREES, Standing.BOOKED]
    opened = books.subscription.open_attempt
    assert opened is not None
    assert (opened.state, opened.obligation.period, opened.provider_reference) == (
        AttemptState.PENDING,
        2,
        "pay-S0001-2" if attempt.id == "S0001-2" else f"pay-{attempt.id}",
    )


@BOTH
def test_a_charge_whose_key_was_lost_is_booked_and_settles_no_period(rail: RailName) -> None:
    books = Books(rail).start().keep()
    books.real.now += timedelta(days=1)
    price = books.real.subscription.price
    amount = Money(price.minor + 7, price.currency)
    books.real.write(claim_charge(books.real.subscription, "k" * 64, "b", amount, "gems", "owner", books.real.now))
    books.answer()

    assert standings(books.steps()) == [Standing.AGREES, Standing.BOOKED]
    booked = books.entries[-1].attempt
    assert booked is not None
    assert (booked.kind, booked.state, booked.amount) == (AttemptKind.CHARGE, AttemptState.PAID, amount)
    assert (booked.obligation.charge or "").startswith(LOST_KEY)
    assert books.subscription.next_period == 2


@BOTH
def test_one_payment_too_many_for_a_period_is_an_excess(rail: RailName) -> None:
    books = Books(rail).start()
    first = books.reported[0]
    reference = f"{books.real.subscription.id}-9" if rail is PHONE else None
    books.reported.append(replace(first, payment="again", reference=reference, at=first.at + timedelta(hours=1)))

    assert standings(books.steps()) == [Standing.AGREES, Standing.EXCESS]
    assert books.subscription.next_period == 2
    assert standings(books.steps()) == [Standing.AGREES, Standing.AGREES]


@BOTH
def test_a_payment_after_a_cancel_is_an_excess(rail: RailName) -> None:
    books = Books(rail).start()
    books.real.now += timedelta(days=3)
    books.real.cancel(When.NOW)
    late = books.real.now + timedelta(days=40)
    first = books.reported[0]
    reference = f"{books.real.subscription.id}-2" if rail is PHONE else None
    books.reported.append(replace(first, payment="late", reference=reference, at=late))

    assert standings(books.steps(now=late)) == [Standing.AGREES, Standing.EXCESS]
    assert books.subscription.state is State.CANCELLED


@BOTH
def test_a_bill_before_a_cancel_whose_entry_was_lost_is_in_the_ledger_again(rail: RailName) -> None:
    books = Books(rail).start().bill()
    books.real.now += timedelta(days=3)
    books.real.cancel(When.NOW)
    entries = [e for e in books.real.entries if not (e.attempt and e.attempt.obligation.period == 2)]
    books.kept = books.real.subscription, entries

    assert standings(books.steps()) == [Standing.AGREES, Standing.BOOKED]
    assert books.paid() == [1, 2]
    assert books.subscription.state is State.CANCELLED


def test_what_the_provider_does_not_have_is_told() -> None:
    books = Books(PHONE).start().bill()
    books.reported.pop()
    assert standings(books.steps()) == [Standing.AGREES, Standing.MISSING]
    assert standings(books.steps(Span(SPAN.since, books.real.now))) == [Standing.AGREES]  # it may be in the next one


def test_another_amount_and_another_outcome_are_told() -> None:
    books = Books(PHONE).start().bill()
    books.reported[0] = replace(books.reported[0], amount=Money(1, "GBP"))
    books.reported[1] = replace(books.reported[1], says=Says.DECLINED)
    assert standings(books.steps()) == [Standing.DIFFERS, Standing.DIFFERS]


def test_nothing_is_booked_behind_an_attempt_that_stays_open() -> None:
    books = Books(PHONE).start().keep().bill()
    books.real.now = books.real.subscription.timers[Timer.BILL]
    books.kept = replace(books.subscription, open_attempt=_fresh(books)), books.entries
    assert Standing.BOOKED not in standings(books.steps())


def _fresh(books: Books) -> Attempt:
    """In flight, a moment ago."""
    attempt = books.real.entries[-1].attempt
    assert attempt is not None
    reference = f"{books.real.subscription.id}-7"
    return replace(attempt, id=reference, state=AttemptState.IN_FLIGHT, claimed_at=books.real.now, settled_at=None)


@BOTH
@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_lost_each_debit_is_booked_once_and_no_paid_period_is_due(rail: RailName, seed: int) -> None:
    rng = random.Random(seed)
    books = Books(rail)
    lost_from = rng.randrange(6)
    for at in range(6):
        if at == lost_from:
            books.keep()
        if at == 0:
            books.start()
        elif rng.random() < 0.3:
            books.bill()
            books.real.now += timedelta(days=1)
        else:
            books.real.now = max(books.real.now, books.real.subscription.timers[Timer.BILL])
            books.real.claim()
            _ends(books, rng)

    books.steps(now=books.real.now + timedelta(days=1))

    ids = [e.attempt.provider_reference for e in books.entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt]
    assert sorted(filter(None, ids)) == sorted(payment.payment for payment in books.reported)
    real = {e.attempt.obligation.period for e in books.real.entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt}
    assert set(books.paid()) == real
    assert books.subscription.next_period == books.real.subscription.next_period
    assert not any(entry.kind is EntryKind.EXCESS_DEBIT for entry in books.entries)


@BOTH
@pytest.mark.parametrize("seed", range(60))
def test_whichever_writes_are_lost_each_debit_is_booked_once_and_no_paid_period_is_due(
    rail: RailName, seed: int
) -> None:
    rng = random.Random(seed)
    books = Books(rail).start()
    for _ in range(6):
        books.real.now = max(books.real.now, books.real.subscription.timers[Timer.BILL])
        books.real.claim()
        _ends(books, rng)
        books.real.now += timedelta(hours=3)
    lost = set(rng.sample(range(1, len(books.real.changes)), rng.randrange(1, 5)))
    books.lose(lambda change: books.real.changes.index(change) in lost)

    books.steps(now=books.real.now + timedelta(days=1))

    ids = [e.attempt.provider_reference for e in books.entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt]
    assert sorted(filter(None, ids)) == sorted(payment.payment for payment in books.reported)
    real = {e.attempt.obligation.period for e in books.real.entries if e.kind is EntryKind.ATTEMPT_PAID and e.attempt}
    assert set(books.paid()) == real
    assert books.subscription.next_period == books.real.subscription.next_period
    assert not any(entry.kind is EntryKind.EXCESS_DEBIT for entry in books.entries)


def _ends(books: Books, rng: random.Random) -> None:
    """By an answer, or by one that was lost and is known an hour later."""
    debited = rng.random() < 0.6
    attempt = books.real.subscription.open_attempt
    assert attempt is not None
    if debited:
        books.report(attempt)
    if rng.random() < 0.5:
        books.real.settle(UNKNOWN)
        books.real.now += timedelta(hours=2)
    state = AttemptState.PAID if debited else AttemptState.NOT_CHARGED
    books.real.settle(BillResult(state, "00", provider_reference=f"pay-{attempt.id}" if debited else None))
