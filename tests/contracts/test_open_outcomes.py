"""What every list of open outcomes promises: exactly what nobody knows, the earliest deadline first, page by page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Decision, Evidence, Source
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.deciding import decide
from pinbill.domain.dunning import Dunning
from pinbill.domain.ending import When, cancel
from pinbill.domain.rails import RULES
from pinbill.domain.settlement import add_evidence, look_again, settle
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.ports.due import OpenOutcomes
from pinbill.usecases.ports.store import Store
from tests.contracts.subject import Subject
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PAID, PARTNER, active, mandate, msisdn, pending
from tests.unit.domain.samples import kind_for

PHONE, BANK = RailName.INFOMEDIA, RailName.SIGNZY
MICROSECOND, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
UNKNOWN = BillResult(AttemptState.UNKNOWN, code="timeout")
PENDING = BillResult(AttemptState.PENDING, code="PENDING", provider_reference="p-1")


@pytest.fixture
def outcomes(subject: Subject) -> OpenOutcomes:
    return subject.outcomes


def _write(store: Store, change: Change | None) -> Subscription:
    assert change is not None
    store.commit(change)
    return change.after


def _attempt(subscription: Subscription) -> Attempt:
    assert subscription.open_attempt is not None
    return subscription.open_attempt


def _claimed(store: Store, id: str = "SUB1", rail: RailName = PHONE, last_digits: int = 1) -> Subscription:
    """A bill that is being asked for."""
    number = msisdn(last_digits)
    if rail is PHONE:
        subscription, entry = active(id, number=number)
    else:
        paid_by = mandate(f"mandate-{id}")
        subscription, entry = pending(id, plan=BANK_PLAN, service=BANK_SERVICE, number=number, mandate=paid_by)
    created = store.create(subscription, entry)
    return _write(store, claim_period(created, kind_for(created.state), "owner-1", START))


def _settled(
    store: Store, subscription: Subscription, result: BillResult, later: timedelta = timedelta()
) -> Subscription:
    attempt = _attempt(subscription)
    return _write(store, settle(subscription, attempt.id, result, START + later, Dunning()))


def _opened(
    store: Store, id: str = "SUB1", later: timedelta = timedelta(), rail: RailName = PHONE, last_digits: int = 1
) -> Subscription:
    """A bill whose outcome was found unknown so much later."""
    return _settled(store, _claimed(store, id, rail, last_digits), UNKNOWN, later)


def _ids(outcomes: OpenOutcomes, rail: RailName = PHONE) -> list[str]:
    page = outcomes.rows(rail, 100, None)
    assert page.cursor is None
    return [id for _, id, _ in page.rows]


def test_an_unknown_outcome_is_listed_by_partner_and_subscription_with_its_deadline(
    store: Store, outcomes: OpenOutcomes
) -> None:
    opened = _opened(store)

    assert list(outcomes.rows(PHONE, 10, None).rows) == [(PARTNER, "SUB1", opened.decide_by)]


def test_nothing_is_listed_while_nothing_is_unknown(store: Store, outcomes: OpenOutcomes) -> None:
    claimed = _claimed(store)
    assert _ids(outcomes) == []

    _settled(store, claimed, PAID)

    assert _ids(outcomes) == []


@pytest.mark.parametrize("verdict", [AttemptState.PAID, AttemptState.NOT_CHARGED])
def test_what_a_person_has_decided_is_off_the_list(store: Store, outcomes: OpenOutcomes, verdict: AttemptState) -> None:
    opened = _opened(store)
    decision = Decision("ann", "report", 0)

    _write(store, decide(opened, _attempt(opened).id, verdict, decision, START + DAY, Dunning()))

    assert _ids(outcomes) == []


def test_what_the_provider_has_told_is_off_the_list(store: Store, outcomes: OpenOutcomes) -> None:
    _settled(store, _opened(store), PAID, DAY)

    assert _ids(outcomes) == []


def test_a_payment_that_is_only_late_is_listed_after_the_last_look_of_its_ladder(
    store: Store, outcomes: OpenOutcomes
) -> None:
    subscription = _settled(store, _claimed(store, rail=BANK), PENDING)
    for _ in RULES[BANK].ladder:
        assert _ids(outcomes, BANK) == []
        subscription = _write(store, look_again(subscription, None, subscription.timers[Timer.FOLLOW_UP]))

    assert _ids(outcomes, BANK) == ["SUB1"]


def test_a_payment_that_has_begun_to_show_is_off_the_list_again(store: Store, outcomes: OpenOutcomes) -> None:
    _settled(store, _opened(store, rail=BANK), PENDING, DAY)

    assert _ids(outcomes, BANK) == []


@pytest.mark.parametrize("when", When)
def test_a_cancel_takes_nothing_off_the_list(store: Store, outcomes: OpenOutcomes, when: When) -> None:
    _write(store, cancel(_opened(store), when, "test", START + MINUTE))

    assert _ids(outcomes) == ["SUB1"]


def test_looks_and_evidence_move_nothing(store: Store, outcomes: OpenOutcomes) -> None:
    first, second = _opened(store), _opened(store, "SUB2", MINUTE, last_digits=2)
    evidence = Evidence(START + DAY, Source.CALLBACK, "suspended")
    noted = _write(store, add_evidence(first, _attempt(first).id, evidence))
    _write(store, look_again(noted, None, START + 2 * DAY))
    _write(store, look_again(second, evidence, START + 2 * DAY))

    assert _ids(outcomes) == ["SUB1", "SUB2"]


def test_the_earliest_deadline_comes_first(store: Store, outcomes: OpenOutcomes) -> None:
    for n, later in enumerate([MINUTE, DAY, timedelta(), 40 * DAY, MICROSECOND]):
        _opened(store, f"SUB{n}", later, last_digits=n)

    assert _ids(outcomes) == ["SUB2", "SUB4", "SUB0", "SUB1", "SUB3"]


def test_rails_are_listed_apart(store: Store, outcomes: OpenOutcomes) -> None:
    _opened(store, "PHONE")
    _opened(store, "BANK", rail=BANK, last_digits=2)

    assert _ids(outcomes, PHONE) == ["PHONE"]
    assert _ids(outcomes, BANK) == ["BANK"]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_together_are_the_whole_list_in_order(store: Store, outcomes: OpenOutcomes, limit: int) -> None:
    ids = [f"SUB{n}" for n in range(7)]
    for n, id in enumerate(ids):
        _opened(store, id, (n // 3) * MICROSECOND, last_digits=n)  # three at a time share a deadline

    pages: list[list[str]] = []
    cursor: str | None = None
    for _ in range(10):
        page = outcomes.rows(PHONE, limit, cursor)
        pages.append([id for _, id, _ in page.rows])
        cursor = page.cursor
        if cursor is None:
            break

    assert cursor is None
    assert [id for page in pages for id in page] == ids
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_an_id_that_begins_like_the_last_one_of_a_page_is_not_skipped(store: Store, outcomes: OpenOutcomes) -> None:
    for n, id in enumerate(["SUB1", "SUB10", "SUB1A", "SUB1a"]):
        _opened(store, id, last_digits=n)

    listed: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = outcomes.rows(PHONE, 1, cursor)
        listed += [id for _, id, _ in page.rows]
        cursor = page.cursor

    assert sorted(listed) == ["SUB1", "SUB10", "SUB1A", "SUB1a"]
    assert cursor is None


def test_what_is_decided_between_two_pages_moves_no_other_row(store: Store, outcomes: OpenOutcomes) -> None:
    opened = [_opened(store, f"SUB{n}", n * MINUTE, last_digits=n) for n in range(4)]
    first = outcomes.rows(PHONE, 2, None)
    _settled(store, opened[0], PAID, DAY)
    _settled(store, opened[2], PAID, DAY)

    second = outcomes.rows(PHONE, 2, first.cursor)

    assert [id for _, id, _ in [*first.rows, *second.rows]] == ["SUB0", "SUB1", "SUB3"]
    assert second.cursor is None


def test_an_open_attempt_comes_back_with_all_that_is_known_of_it(store: Store) -> None:
    opened = _opened(store)
    noted = _write(
        store, add_evidence(opened, _attempt(opened).id, Evidence(START, Source.CALLBACK, "refunded", "r-1"))
    )
    covered = replace(_attempt(noted), covered_by="SUB1-9")
    _write(store, Change.of(noted).set(open_attempt=covered))

    read = store.subscription(PARTNER, "SUB1")

    assert read.open_attempt == covered
    assert read.decide_by == noted.decide_by


def test_the_row_that_closes_an_attempt_keeps_the_decision_and_the_evidence(store: Store) -> None:
    opened = _opened(store)
    noted = _write(store, add_evidence(opened, _attempt(opened).id, Evidence(START, Source.CALLBACK, "suspended")))
    decision = Decision("ann", "not in the report of November 6", 1)
    change = decide(noted, _attempt(noted).id, AttemptState.NOT_CHARGED, decision, START + DAY, Dunning())
    _write(store, change)

    row = store.journal(PARTNER, "SUB1", 1, None, money_only=True).rows[0]

    assert [row] == list(change.entries)
    assert row.attempt is not None
    assert (row.attempt.decision, row.attempt.settled_by) == (decision, Source.PERSON)
