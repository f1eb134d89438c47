"""The operator's commands for the guards of PINs, typed."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ops import __main__ as command_line
from ops.partner_listings import partner as listed
from ops.stack import Stack
from pinbill.domain.allowances import Allowance
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import Guards
from pinbill.store.clocks import SystemClock
from pinbill.store.numbers import Numbers
from pinbill.store.partners import DynamoPartners
from pinbill.store.table import Table
from pinbill.store.tallies import DynamoTallies
from pinbill.usecases.pin_guard import Asker, PinGuard
from tests.fakes.telemetry import RecordingTelemetry

WHO = ("--by", "jane", "--because", "a campaign")
Typed = Callable[..., int]
ALLOWANCE, NOW = Allowance(1, 1, 1, 1), datetime(2026, 11, 5, tzinfo=UTC)


@pytest.fixture
def partner(typed: Typed) -> str:
    assert typed("partner", "create", "acme", "--name", "Acme", "--by", "jane") == 0
    return "acme"


@pytest.fixture
def guard(table: Table, counters: Table) -> PinGuard:
    partners = DynamoPartners(table)
    tallies = DynamoTallies(counters, Numbers(lambda: b"a key for tests"), time.time)
    return PinGuard(tallies, Guards(), partners.guards_of, SystemClock(), RecordingTelemetry())


def test_a_partner_gets_figures_of_its_own_and_the_default_again(
    typed: Typed, partner: str, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("guard", partner, "spend_a_day=900", "credit=150", *WHO) == 0
    shown = capsys.readouterr().out
    assert "spend_a_day                   900, its own" in shown
    assert "sms                             6, by default" in shown

    assert "guards of PINs, its own: credit=150 spend_a_day=900" in "\n".join(
        listed(DynamoPartners(table).partner(partner), ALLOWANCE, [], [], NOW)
    )

    assert typed("guard", partner, "credit=default", *WHO) == 0

    assert DynamoPartners(table).partner(partner).guards == {"spend_a_day": 900}
    assert [change.what for change in DynamoPartners(table).changes(partner)][1:] == [
        "guards changed: spend a day 900, credit 150",
        "guards changed: credit by default",
    ]


@pytest.mark.parametrize(
    ("figure", "says"),
    [("tries_a_number=99", "PinGuards"), ("tries=0", "tries=0"), ("other=3", "other=3"), ("tries", "tries")],
)
def test_a_figure_that_cannot_be_is_refused(
    typed: Typed, partner: str, figure: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert typed("guard", partner, figure, *WHO) == 1

    assert says in capsys.readouterr().err


def test_the_same_figures_again_are_a_slip(typed: Typed, partner: str, capsys: pytest.CaptureFixture[str]) -> None:
    typed("guard", partner, "credit=150", *WHO)

    assert typed("guard", partner, "credit=150", *WHO) == 1
    assert "already" in capsys.readouterr().err


def test_what_was_sent_today_is_shown_with_its_price_and_by_prefix(
    typed: Typed, partner: str, guard: PinGuard, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    for last in range(4):
        guard.send(Asker(partner, "news", Msisdn(f"+44770090012{last}"), "192.0.2.1"))
    guard.right(guard.attempt(Asker(partner, "news", Msisdn("+447700900120"), "192.0.2.1")))
    capsys.readouterr()

    typed("sms", partner)
    of_partner = capsys.readouterr().out
    typed("sms")
    of_all = capsys.readouterr().out
    command_line.main(
        ["--stack", "x", "sms", partner], lambda name: replace(stack, pin_guards="sms_price=1000 unconfirmed=7")
    )

    assert f"{partner} today (UTC): 4 of 5000 SMS, 0.16 of 200 spent" in of_partner
    assert "unconfirmed: 2 of 300" in of_partner
    assert of_all.splitlines()[1].split() == ["+447700", "2"]
    shown = capsys.readouterr().out
    assert "0.40 of 200 spent" in shown
    assert "unconfirmed: 2 of 7" in shown


def test_nothing_is_shown_of_a_partner_who_is_not_there(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("sms", "nobody") == 1
    assert "partner_not_found" in capsys.readouterr().err
