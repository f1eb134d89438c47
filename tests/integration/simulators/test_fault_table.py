"""Every fault: what the client sees, and what the ledger says of it."""

from typing import Any

import pytest

from local.simulators.fault_kinds import KINDS
from tests.integration.simulators.driver import NUMBER, Driver, symptom

_NO_ANSWER_AFTER = 0.4
_LONG = {"seconds": 60}

# fault, its arguments, what the client of a bill sees, debits
BILLS: list[tuple[str, dict[str, Any], str, int]] = [
    ("decline", {"code": "AB"}, "declined AB", 0),
    ("bar", {}, "declined A5", 0),
    ("unknown_code", {}, "declined ZZ", 0),
    ("ported", {}, "ok", 1),
    ("refuse", {}, "error E9", 0),
    ("timeout_before_debit", _LONG, "no answer", 0),
    ("timeout_before_debit", {"seconds": 0}, "closed", 0),
    ("timeout_after_debit", _LONG, "no answer", 1),
    ("timeout_after_debit", {"seconds": 0}, "closed", 1),
    ("hang", _LONG, "no answer", 0),
    ("drop_before_debit", {}, "reset", 0),
    ("drop_before_debit", {"how": "fin"}, "closed", 0),
    ("drop_after_debit", {}, "reset", 1),
    ("drop_after_debit", {"how": "fin"}, "closed", 1),
    ("land_late", {"seconds": 600}, "reset", 0),
    ("land_late", {"seconds": 600, "hold_seconds": 60}, "no answer", 0),
    ("throttle", {"retry_after": 7}, "429", 0),
    ("http_500", {}, "500", 0),
    ("http_500_after_debit", {}, "500", 1),
    ("http_502", {}, "502", 0),
    ("http_504", {}, "504", 0),
    ("garbage", {}, "page", 0),
    ("garbage_after_debit", {}, "page", 1),
    ("truncated", {}, "half", 1),
    ("truncated", {"how": "connection"}, "cut", 1),
    ("wrong_json", {}, "strange", 1),
    ("missing_txid", {}, "ok", 1),
    ("string_types", {}, "ok", 1),
    ("d_wrapped", {}, "ok", 1),
    ("redirect", {}, "302", 0),
    ("slow", {"seconds": 0.05}, "ok", 1),
    ("callback_early", {}, "ok", 1),
    ("callback_duplicate", {"copies": 3}, "ok", 1),
    ("callback_lost", {}, "ok", 1),
    ("callback_contradictory", {}, "ok", 1),
]

# fault, its arguments, what the client of a charge sees, charges accepted and not final, debits
CHARGES: list[tuple[str, dict[str, Any], str, int, int]] = [
    ("decline", {"reason": "Account closed"}, "FAILED", 0, 0),
    ("bar", {}, "FAILED", 0, 0),
    ("refuse", {"status": 403}, "403", 0, 0),
    ("signzy_failed", {}, "PENDING", 1, 0),
    ("signzy_success_now", {}, "SUCCESS", 0, 1),
    ("timeout_before_debit", _LONG, "no answer", 0, 0),
    ("timeout_after_debit", _LONG, "no answer", 1, 0),
    ("hang", _LONG, "no answer", 0, 0),
    ("drop_before_debit", {}, "reset", 0, 0),
    ("drop_after_debit", {}, "reset", 1, 0),
    ("land_late", {"seconds": 600}, "reset", 0, 0),
    ("throttle", {}, "429", 0, 0),
    ("http_500", {}, "500", 0, 0),
    ("http_500_after_debit", {}, "500", 1, 0),
    ("http_502", {}, "502", 0, 0),
    ("http_504", {}, "504", 0, 0),
    ("garbage", {}, "page", 0, 0),
    ("garbage_after_debit", {}, "page", 1, 0),
    ("truncated", {}, "half", 1, 0),
    ("wrong_json", {}, "strange", 1, 0),
    ("missing_txid", {}, "PENDING", 1, 0),
    ("string_types", {}, "PENDING", 1, 0),
    ("unwrapped", {}, "PENDING", 1, 0),
    ("unknown_status", {}, "ON_THE_WAY", 1, 0),
    ("redirect", {}, "302", 0, 0),
    ("slow", {"seconds": 0.05}, "PENDING", 1, 0),
    ("callback_early", {}, "PENDING", 0, 1),
    ("callback_duplicate", {}, "PENDING", 1, 0),
    ("callback_lost", {}, "PENDING", 1, 0),
    ("callback_contradictory", {}, "PENDING", 1, 0),
]


def _patience(seen: str) -> float:
    return _NO_ANSWER_AFTER if seen == "no answer" else 10


@pytest.mark.parametrize(("fault", "args", "seen", "debits"), BILLS, ids=str)
def test_a_fault_strikes_a_bill_once_and_the_ledger_tells(
    driver: Driver, fault: str, args: dict[str, Any], seen: str, debits: int
) -> None:
    driver.fault(fault, provider="infomedia", msisdn=f"+{NUMBER}", times=1, **args)

    struck = symptom(lambda: driver.renew(pt="struck", timeout=_patience(seen)))
    other = symptom(lambda: driver.renew(msisdn="447700900002", pt="other"))
    later = symptom(lambda: driver.renew(pt="later"))

    assert (struck, other, later) == (seen, "ok", "ok")
    assert [row["reference"] for row in driver.debits()] == ["struck"] * debits + ["other", "later"]
    assert driver.calls("reference=struck")[0]["fault"] == fault
    rule = driver.get("/control/faults")["faults"][0]
    assert (rule["remaining"], rule["used"]) == (0, 1)


@pytest.mark.parametrize(("fault", "args", "seen", "accepted", "debits"), CHARGES, ids=str)
def test_a_fault_strikes_a_charge_once_and_the_ledger_tells(
    driver: Driver, fault: str, args: dict[str, Any], seen: str, accepted: int, debits: int
) -> None:
    mandate, other = driver.mandate(), driver.mandate()
    driver.fault(fault, provider="signzy", mandate=mandate, times=1, **args)

    struck = symptom(lambda: driver.charge(mandate, timeout=_patience(seen)))
    accepted_then, debits_then = len(driver.accepted()), len(driver.debits())

    assert struck == seen
    assert (accepted_then, debits_then) == (accepted, debits)
    assert symptom(lambda: driver.charge(other)) == "PENDING"
    assert symptom(lambda: driver.charge(mandate)) == "PENDING"
    assert driver.calls(f"mandate={mandate}")[0]["fault"] == fault


def test_every_fault_is_tried_here() -> None:
    assert {row[0] for row in BILLS} | {row[0] for row in CHARGES} == set(KINDS)
