"""Why an outcome stands on the unknown list, from the providers' evidence; and whether it could have been known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from local.drill.accounts import Account
from local.drill.audit import Finding, listed_debits, pairs
from local.drill.evidence import Call, Delivery, Evidence, was_taken_in
from local.drill.gaps import GAPS
from local.drill.sowing import LOST_ANSWERS
from pinbill.domain.attempts import Attempt
from pinbill.domain.catalog import RailName
from pinbill.domain.rails import LEASE
from pinbill.usecases.follow_up import ABANDONED

_CLOCKS_APART = timedelta(seconds=2)
_ANSWER_LOST = {fault for _, fault, _ in LOST_ANSWERS} | {gap.fault for gap in GAPS if gap.fault}


@dataclass(frozen=True, slots=True)
class Listed:
    """One outcome on the list, and what the providers know of it."""

    subscription: str
    attempt: str
    rail: RailName
    reason: str
    debited: bool
    knowable: bool  # something that we took in, or could have asked for, says what became of it


def explain(accounts: Sequence[Account], evidence: Evidence) -> list[Listed]:
    """The outcomes that are open, each with its reason."""
    found = []
    for account in accounts:
        attempt = account.subscription.open_attempt
        if attempt is not None:
            rail = account.member.rail
            debited = bool(listed_debits(account, evidence.debits.get(account.member.id, ())))
            explanation = _at_bank if account.member.mandate else _at_phone
            reason, knowable = explanation(account, attempt, evidence, debited)
            found.append(Listed(account.member.id, attempt.id, rail, reason, debited, knowable))
    return found


def judge_list(listed: Sequence[Listed]) -> list[Finding]:
    """What stands on the list although it could be known."""
    return [Finding(row.subscription, f"{row.attempt} is open, but {row.reason}") for row in listed if row.knowable]


def left_behind(accounts: Sequence[Account], evidence: Evidence) -> Counter[str]:
    """How far the attempts had come that were found in flight and without their process."""
    found: Counter[str] = Counter()
    for account in accounts:
        debited = {a.id for _, a in pairs(account, evidence.debits.get(account.member.id, ())) if a is not None}
        abandoned = (e.attempt for e in account.entries if e.attempt and e.attempt.code == ABANDONED.code)
        for id, attempt in {attempt.id: attempt for attempt in abandoned}.items():
            if not _calls(account, attempt, evidence):
                found["claimed, not asked for yet"] += 1
            else:
                found["asked for and debited" if id in debited else "asked for, not debited"] += 1
    return found


def _calls(account: Account, attempt: Attempt, evidence: Evidence) -> list[Call]:
    """The requests for this attempt: by our reference, or at the bank by the time since its claim."""
    calls = evidence.calls.get(account.member.id, ())
    if not account.member.mandate:
        return [call for call in calls if call.reference == attempt.id]
    earliest, latest = attempt.claimed_at - _CLOCKS_APART, attempt.claimed_at + LEASE
    return [call for call in calls if earliest <= call.at <= latest]


def _at_phone(account: Account, attempt: Attempt, evidence: Evidence, debited: bool) -> tuple[str, bool]:
    calls = _calls(account, attempt, evidence)
    if not calls:
        return "claimed, and never asked for: its process died in between", False
    how = _how_lost(calls[0])
    if not debited:
        refused = calls[0].outcome.startswith("declined")
        return (f"declined; {how}" if refused else f"not debited; {how}"), False
    callbacks = evidence.deliveries.get(attempt.id, ())
    if any(was_taken_in(each) and each.says_paid for each in callbacks):
        return "a callback has said that it is paid, and was acknowledged", True
    return f"debited; {how}; {_callbacks(callbacks)}", False


def _at_bank(account: Account, attempt: Attempt, evidence: Evidence, debited: bool) -> tuple[str, bool]:
    if debited:
        return "the bank lists its payment", True
    if attempt.provider_reference is not None:
        return "the bank can be asked for its payment by id", True
    calls = _calls(account, attempt, evidence)
    if not calls:
        return "claimed, and never asked for: its process died in between", False
    return f"not debited; {_how_lost(calls[0])}; its payment is not listed, which proves nothing", False


def _how_lost(call: Call) -> str:
    answer = [name for name in (call.fault or "").split("+") if name in _ANSWER_LOST]
    if answer:
        return f"answer lost ({', '.join(answer)})"
    return "answered, but its process was killed or had no table to write to"


def _callbacks(callbacks: Sequence[Delivery]) -> str:
    if not callbacks:
        return "no callback was made"
    if any(each.state == "lost" for each in callbacks):
        return "callback lost"
    if any(was_taken_in(each) for each in callbacks):
        return "callback contradicts"
    return "callback sent, and not taken in by us"
