"""Consent, notices, caps, receipts and evidence through the deployed stack; the providers' ledgers are the judges."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from kit.verify_evidence import problems
from tests.e2e.desk import NOTICED, PARTNER, RULED, Desk, Request
from tests.e2e.operating import operate

HOUR = timedelta(hours=1)


def move_to(desk: Desk, at: datetime) -> None:
    desk.move_clock(max(0, int((at - desk.now()).total_seconds()) + 1))


def announced(desk: Desk) -> tuple[str, dict[str, Any]]:
    """A subscription whose next debit is announced, and that announcement."""
    id = desk.active_by_mandate(plan=NOTICED)
    due = datetime.fromisoformat(desk.read(id)["next_bill_at"])
    move_to(desk, due - 48 * HOUR)
    return id, desk.wake_until(id, lambda now_is: now_is["notice"] is not None)["notice"]


def report(desk: Desk, id: str, notice: dict[str, Any], **changes: Any) -> Any:
    body = {
        "period": notice["period"],
        "amount": notice["price"]["amount"],
        "currency": notice["price"]["currency"],
        "bills_at": notice["bills_at"],
        "given_at": desk.now().isoformat(),
    }
    return desk.post(f"/v1/subscriptions/{id}/notices", body | changes)


def paid(desk: Desk, id: str) -> int:
    return int(desk.read(id)["periods_settled"])


def test_a_debit_is_made_when_its_notice_was_given_a_day_before(desk: Desk) -> None:
    id, notice = announced(desk)
    assert (notice["state"], notice["period"]) == ("awaited", 2)
    wrong = report(desk, id, notice, amount="500.00")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "notice_contradicts")

    given = report(desk, id, notice)

    assert given.status_code == 200, given.text
    assert given.json()["subscription"]["notice"]["state"] == "given"
    again = report(desk, id, notice, given_at=(desk.now() + 2 * HOUR).isoformat())
    assert again.json()["subscription"]["notice"] == given.json()["subscription"]["notice"]
    move_to(desk, datetime.fromisoformat(notice["bills_at"]))
    desk.wake_until(id, lambda now_is: now_is["periods_settled"] == 2 or now_is["open_attempt"])


def test_a_debit_without_its_notice_is_not_made_and_its_period_is_given_up_by_name(desk: Desk) -> None:
    id, notice = announced(desk)
    due = datetime.fromisoformat(notice["bills_at"])
    move_to(desk, due)
    desk.wake_until(id, lambda now_is: desk.now() > due)
    assert (paid(desk, id), desk.read(id)["open_attempt"]) == (1, None)
    assert id in "\n".join(ops(desk, "notices", "--partner", PARTNER))

    move_to(desk, due + 72 * HOUR)
    after = desk.wake_until(id, lambda now_is: now_is["periods_settled"] == 2)

    assert after["state"] == "active"
    kinds = [entry["entry"] for entry in bills(desk, id)]
    assert kinds == ["attempt_paid"]
    assert "no_notice" in evidence_of(desk, id)


def test_a_user_who_opts_out_of_one_debit_is_not_debited_for_it(desk: Desk) -> None:
    id, notice = announced(desk)
    report(desk, id, notice)

    out = desk.post(f"/v1/subscriptions/{id}/opt-outs", {"period": 2})

    assert out.json()["subscription"]["notice"]["state"] == "opted_out"
    move_to(desk, datetime.fromisoformat(notice["bills_at"]))
    desk.wake_until(id, lambda now_is: now_is["periods_settled"] == 2)
    assert [entry["entry"] for entry in bills(desk, id)] == ["attempt_paid"]


def test_charges_stop_at_the_caps_and_say_until_when(desk: Desk) -> None:
    id = desk.ruled()

    answers = [desk.charge(id, key, amount) for key, amount in (("a", "5.01"), ("b", "4.50"), ("c", "1.01"))]

    assert [answer.status_code for answer in answers] == [422, 201, 422]
    one, _, month = (answer.json().get("cap") for answer in answers)
    assert (one["per"], one["ends_at"]) == ("charge", None)
    assert (month["per"], month["price"]) == ("month", {"amount": "10.00", "currency": "GBP"})
    assert datetime.fromisoformat(month["ends_at"]) > desk.now()
    assert len(desk.debits(id)) == 2


def test_the_consent_the_receipts_and_the_evidence_of_a_payment(desk: Desk) -> None:
    id = desk.ruled()
    recorded = desk.send(Request("GET", f"/v1/subscriptions/{id}/consent")).json()
    assert [stage["stage"] for stage in recorded["stages"]] == ["request", "confirm"]
    assert recorded["missing"] == {"request": [], "confirm": []}
    assert recorded["terms"]["plan"] == RULED
    [bill] = bills(desk, id)
    assert bill["attempt"]["receipt"] == {"owed_by": "partner"}
    owed = f"{PARTNER} {bill['attempt']['id']} 4.50 GBP"
    assert owed in "\n".join(ops(desk, "receipts", "--owed"))

    sent = {"attempt": bill["attempt"]["id"], "sent_at": desk.now().isoformat(), "channel": "email"}
    early = sent | {"sent_at": (desk.now() - HOUR).isoformat()}
    assert desk.post(f"/v1/subscriptions/{id}/receipts", early).json()["code"] == "receipt_contradicts"
    for _ in range(2):
        assert desk.post(f"/v1/subscriptions/{id}/receipts", sent).status_code == 200

    assert owed not in "\n".join(ops(desk, "receipts", "--owed"))
    text = evidence_of(desk, id)
    assert problems(text) == []
    assert problems(text.replace('"minor": 450', '"minor": 451', 1)) != []


def test_a_cancel_has_a_receipt_that_stays_the_same(desk: Desk) -> None:
    id = desk.active()

    first, again = (desk.post(f"/v1/subscriptions/{id}/cancel", {"when": "period_end"}).json() for _ in range(2))

    assert first["receipt"] == again["receipt"]
    assert first["receipt"]["ends_at"] == first["subscription"]["cancel_at"]


def ops(desk: Desk, *arguments: str) -> list[str]:
    done = operate(desk, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def bills(desk: Desk, id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.send(Request("GET", f"/v1/subscriptions/{id}/bills")).json()["bills"]
    return found


def evidence_of(desk: Desk, id: str) -> str:
    text = "\n".join(ops(desk, "evidence", id, "--partner", PARTNER))
    assert json.loads(text)["subscription"] == id
    return text
