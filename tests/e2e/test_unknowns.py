"""What nobody knows the outcome of: the operator's commands list it and decide it on the deployed stack."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import requests

from tests.e2e.desk import PARTNER, Desk
from tests.e2e.operating import operate

BILL = "SendBill"
WEEK, HOUR = 7 * 24 * 3600, 3600


def listed(desk: Desk, id: str) -> list[dict[str, Any]]:
    done = operate(desk, "unknowns", "--json")
    assert done.returncode == 0, done.stderr
    return [row for row in map(json.loads, done.stdout.splitlines()) if row["subscription"] == id]


def decide(desk: Desk, attempt: str, verdict: str, evidence: int = 0) -> subprocess.CompletedProcess[str]:
    why = ["--by", "jane", "--because", "the provider's report of Monday"]
    return operate(desk, "decide", PARTNER, attempt, verdict, "--evidence", str(evidence), *why)


def unknown_renewal(desk: Desk, fault: str) -> tuple[str, str]:
    """Subscription and attempt of a renewal whose answer is lost."""
    number = desk.number()
    id = desk.active(msisdn=number)
    desk.fault(fault, BILL, number)
    desk.move_clock(WEEK)
    desk.wake_until(id, lambda now_is: (now_is["open_attempt"] or {}).get("state") == "unknown")
    [row] = listed(desk, id)
    assert (row["standing"], row["attempt_state"], row["evidence"]) == ("followed", "unknown", [])
    return id, row["attempt"]


def bills(desk: Desk, id: str) -> list[str]:
    answer = requests.get(
        f"{desk.world.api_url}/v1/subscriptions/{id}/bills", headers={"x-api-key": desk.key}, timeout=40
    )
    return [bill["entry"] for bill in answer.json()["bills"]]


def test_a_renewal_that_was_debited_unheard_is_decided_paid_and_not_billed_again(desk: Desk) -> None:
    id, attempt = unknown_renewal(desk, "drop_after_debit")

    decided = decide(desk, attempt, "paid")

    assert decided.returncode == 0, decided.stderr
    assert f"{attempt} is paid; the subscription is active" in decided.stdout
    desk.wake(id)
    assert desk.read(id)["open_attempt"] is None
    assert bills(desk, id) == ["attempt_paid", "attempt_unknown", "attempt_paid"]
    assert len(desk.debits(id)) == 2
    assert listed(desk, id) == []


def test_a_renewal_that_was_never_debited_is_decided_so_when_nothing_can_land_any_more_and_billed_again(
    desk: Desk,
) -> None:
    id, attempt = unknown_renewal(desk, "drop_before_debit")

    early = decide(desk, attempt, "not-charged")
    assert (early.returncode, early.stdout) == (1, "")
    assert early.stderr.startswith("decision_too_early: ")
    desk.move_clock(HOUR)
    decided = decide(desk, attempt, "not-charged")

    assert decided.returncode == 0, decided.stderr
    desk.wake_until(id, lambda now_is: now_is["periods_settled"] == 2)
    assert bills(desk, id) == ["attempt_paid", "attempt_not_charged", "attempt_unknown", "attempt_paid"]
    assert len(desk.debits(id)) == 2


def test_a_decision_that_evidence_or_the_provider_overtook_is_refused(desk: Desk) -> None:
    id, attempt = unknown_renewal(desk, "drop_after_debit")
    path = desk.world.api_url + desk.operator.create_callback(PARTNER, "news")
    report = {"etid": "5", "pt": attempt, "chargeAmount": "4.50", "currencyCode": "GBP"}

    assert requests.get(path, params={**report, "transactionStatus": "AA"}, timeout=40).status_code == 200
    overtaken = decide(desk, attempt, "paid", evidence=0)
    assert overtaken.returncode == 1
    assert overtaken.stderr.startswith("evidence_came_in: Evidence known by now: 1; this decision was based on 0")
    [row] = listed(desk, id)
    [evidence] = row["evidence"]
    assert (evidence["source"], evidence["says"], evidence["code"]) == ("callback", "declined", "AA")

    assert requests.get(path, params={**report, "transactionStatus": "00"}, timeout=40).status_code == 200
    closed = decide(desk, attempt, "not-charged", evidence=1)
    assert closed.returncode == 1
    assert closed.stderr.startswith("attempt_not_open: The attempt is closed: paid by callback at ")
    assert desk.read(id)["periods_settled"] == 2
    assert len(desk.debits(id)) == 2


def test_the_list_as_text_says_where_to_look_and_how_to_decide(desk: Desk) -> None:
    _, attempt = unknown_renewal(desk, "drop_after_debit")

    shown = operate(desk, "unknowns").stdout

    assert f"{attempt}  4.50 GBP  renewal of period 2  followed" in shown
    assert "it cannot be asked: look for our reference in its transaction report" in shown
    assert f"decide {PARTNER} {attempt} paid --evidence 0 --by NAME --because REASON" in shown
    assert "not_charged can be decided from " in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decide", PARTNER, "no-such-1", "paid"], "subscription_not_found: "),
        (["--stack", "elsewhere", "unknowns"], "misconfigured: The stack elsewhere cannot be read"),
    ],
)
def test_a_command_that_names_nothing_of_ours_says_so(desk: Desk, arguments: list[str], said: str) -> None:
    if "decide" in arguments:
        arguments = [*arguments, "--evidence", "0", "--by", "jane", "--because", "a report"]

    done = operate(desk, *arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
