"""The operator's list of attempts whose outcome nobody knows, as text or JSON."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pinbill.domain.attempts import AttemptState
from pinbill.domain.rails import RULES, Asking
from pinbill.usecases.decide import OpenOutcome

WHERE_TO_LOOK = {
    Asking.OUR_REFERENCE: "it is asked by our reference",
    Asking.THEIR_REFERENCE: "it is asked; the provider lists the mandate's payments",
    Asking.NOT_AT_ALL: "it cannot be asked: look for our reference in its transaction report",
}


def as_json(outcomes: list[OpenOutcome], now: datetime) -> Iterator[str]:
    """One JSON object a line."""
    return (json.dumps(_fields(outcome, now)) for outcome in outcomes)


def as_text(outcomes: list[OpenOutcome], now: datetime) -> Iterator[str]:
    """A paragraph for each, with the commands that would decide it."""
    for outcome in outcomes:
        subscription, attempt = outcome.subscription, outcome.attempt
        yield f"{attempt.id}  {attempt.amount}  {attempt.kind} of {attempt.obligation}  {standing(outcome, now)}"
        yield f"  partner {subscription.partner}, subscription {subscription.id} ({subscription.state})"
        mandate = f", mandate {subscription.mandate.masked}" if subscription.mandate else ""
        yield f"  {subscription.rail}{mandate}: {WHERE_TO_LOOK[RULES[subscription.rail].asking]}"
        found = f"{attempt.state} ({attempt.code or 'no code'}) since {_time(attempt.open_since)}"
        yield f"  asked {_time(attempt.claimed_at)}; {found}"
        looks = f"{attempt.follow_ups} looks in vain, next {_time(outcome.next_look)}"
        yield f"  {looks}; to be decided by {_time(outcome.decide_by)}"
        for evidence in attempt.evidence:
            yield f"  evidence: {_time(evidence.at)} {evidence.source} says {evidence.says} {evidence.code}".rstrip()
        for verdict, possible_from in outcome.allowed.items():
            if possible_from <= now:
                yield f"  {_command(outcome, verdict)}"
            else:
                yield f"  {verdict} can be decided from {_time(possible_from)} on"
    yield f"{len(outcomes)} open outcome{'' if len(outcomes) == 1 else 's'}"


def standing(outcome: OpenOutcome, now: datetime) -> str:
    """How urgent it is: `overdue`, `to decide`, or `followed` while it is still looked for on the ladder."""
    if now >= outcome.decide_by:
        return "overdue"
    return "to decide" if RULES[outcome.subscription.rail].is_past_ladder(outcome.attempt) else "followed"


def _command(outcome: OpenOutcome, verdict: AttemptState) -> str:
    attempt, seen = outcome.attempt, len(outcome.attempt.evidence)
    names = f"{outcome.subscription.partner} {attempt.id} {verdict}"
    return f"decide {names} --evidence {seen} --by NAME --because REASON"


def _fields(outcome: OpenOutcome, now: datetime) -> dict[str, Any]:
    subscription, attempt = outcome.subscription, outcome.attempt
    return {
        "partner": subscription.partner,
        "subscription": subscription.id,
        "state": subscription.state.value,
        "rail": subscription.rail.value,
        "mandate": subscription.mandate.masked if subscription.mandate else None,
        "attempt": attempt.id,
        "kind": attempt.kind.value,
        "obligation": str(attempt.obligation),
        "amount": str(attempt.amount.major),
        "currency": attempt.amount.currency,
        "asked_at": attempt.claimed_at.isoformat(),
        "attempt_state": attempt.state.value,
        "code": attempt.code,
        "provider_reference": attempt.provider_reference,
        "open_since": attempt.open_since.isoformat() if attempt.open_since else None,
        "looks": attempt.follow_ups,
        "next_look": outcome.next_look.isoformat() if outcome.next_look else None,
        "decide_by": outcome.decide_by.isoformat(),
        "standing": standing(outcome, now),
        "evidence": [
            {"at": each.at.isoformat(), "source": each.source.value, "says": each.says, "code": each.code}
            for each in attempt.evidence
        ],
        "allowed_from": {verdict.value: at.isoformat() for verdict, at in outcome.allowed.items()},
    }


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else "-"
