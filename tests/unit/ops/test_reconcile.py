"""The command books what only the provider knows, once, and tells what is for a person."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from moto import mock_aws

from ops import __main__ as command_line
from ops.provider_report import COLUMNS
from pinbill.domain.attempts import AttemptState
from pinbill.domain.stops import Scope, Stop
from pinbill.domain.subscription import Subscription
from pinbill.store.catalog_writer import CatalogWriter
from pinbill.store.stops import DynamoStops
from tests.fakes.clock import START
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, PHONE_PLAN, PHONE_SERVICE, active, msisdn
from tests.integration.store.conftest import journey_on
from tests.unit.ops.installation import Installation

SPAN = ("--since", "2026-01-01T00:00Z", "--until", "2030-01-01T00:00Z")
BOOK = ("--apply", "--by", "ann", "--because", "the table was restored")
type Run = Callable[..., str]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-2" if name.endswith("REGION") else "test")
    with mock_aws():
        place = Installation()
        for service, plan in ((PHONE_SERVICE, PHONE_PLAN), (BANK_SERVICE, BANK_PLAN)):
            CatalogWriter(place.table).put_service(service)
            CatalogWriter(place.table).put_plan(plan)
        DynamoStops(place.table, time.monotonic).put(Stop(Scope(), "ann", "restored", START))
        yield place
        place.client.close()


@pytest.fixture
def run(place: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*lines: str, given: tuple[str, ...] = (), fails: bool = False) -> str:
        report = tmp_path / "report.csv"
        report.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
        arguments = ["--stack", "it", "reconcile", "infomedia", str(report), *SPAN, *given]
        code = command_line.main(arguments, lambda name: place.stack)
        printed = capsys.readouterr()
        assert code == int(fails), printed
        return printed.err or printed.out

    return typed


@pytest.fixture
def due(place: Installation) -> Subscription:
    """Its second period is due, and was billed as the provider says."""
    subscription, entry = active("SUB1", number=msisdn(1))
    return place.store().create(subscription, entry)


def line(reference: str, *, payment: str = "tx-1", state: str = "paid", amount: str = "4.50") -> str:
    at = (START + timedelta(hours=1)).isoformat()
    return f"{reference},{at},{amount},GBP,{payment},{state},"


def test_a_payment_that_is_not_in_our_books_is_booked_once(place: Installation, run: Run, due: Subscription) -> None:
    said = run(line("SUB1-1"), given=BOOK)

    after = place.now(due)
    assert (after.next_period, after.attempts) == (3, 1)
    assert "BOOKED    SUB1-1: 4.50 GBP of period 2, paid" in said
    assert "the report has 4.50 GBP taken" in said
    entry = place.store().journal(PARTNER, "SUB1", 1, None, money_only=True).rows[0]
    assert entry.attempt is not None
    assert entry.attempt.state is AttemptState.PAID
    assert entry.attempt.decision is not None
    assert (entry.attempt.decision.by, entry.attempt.decision.reason) == ("ann", "the table was restored")

    again = run(line("SUB1-1"), given=BOOK)

    assert "1  agree" in again
    assert "BOOKED" not in again
    assert place.now(due) == after


@pytest.mark.parametrize(("is_booked", "debits"), [(True, 0), (False, 1)], ids=["booked", "not booked"])
def test_what_is_booked_is_not_asked_for_again(
    place: Installation, run: Run, due: Subscription, is_booked: bool, debits: int
) -> None:
    run(line("SUB1-1"), given=BOOK if is_booked else ())
    journey = journey_on(place.store())
    journey.worker.wake(PARTNER, "SUB1")
    assert len(journey.phone.ledger) == debits


def test_without_being_told_to_it_only_says_what_it_would_do(place: Installation, run: Run, due: Subscription) -> None:
    said = run(line("SUB1-1"))
    assert "BOOKED    SUB1-1" in said
    assert "nothing was changed: --apply with --by and --because books it" in said
    assert place.now(due) == due


def test_a_payment_of_nobody_is_for_a_person(run: Run, due: Subscription) -> None:
    said = run(line("NOBODY-1"), given=BOOK, fails=True)
    assert "STRANGER  NOBODY-1: 4.50 GBP, paid, of nobody we know" in said


def test_a_report_with_a_wrong_line_books_nothing(place: Installation, run: Run, due: Subscription) -> None:
    said = run(line("SUB1-1"), line("SUB1-2", payment="tx-2", state="lost"), given=BOOK, fails=True)
    assert said.startswith("report_invalid: Line 3: state")
    assert place.now(due) == due


def test_while_billing_goes_on_nothing_is_booked(place: Installation, run: Run, due: Subscription) -> None:
    DynamoStops(place.table, time.monotonic).lift(Scope())
    assert run(line("SUB1-1"), given=BOOK, fails=True).startswith("billing_goes_on: ")
    assert place.now(due) == due


def test_who_books_says_who_and_why(place: Installation, run: Run, due: Subscription) -> None:
    assert "needs --by and --because" in run(line("SUB1-1"), given=("--apply",), fails=True)
    assert place.now(due) == due
