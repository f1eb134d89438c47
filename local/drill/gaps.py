"""The gaps between two steps of a bill, and how an attempt is held in each of them until its process is killed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local.drill.proxy import Rule

# Below the two seconds that the functions wait for DynamoDB: a hold is no fault by itself.
HOLD_SECONDS = 1.7
# The answer of a write is two bytes long; at this pace they take the time of a hold.
_TRICKLE_KBPS = 2 / (HOLD_SECONDS * 1024)


class Step(StrEnum):
    """What is held."""

    CLAIM = "claim"
    CALL = "call"
    SETTLE = "settle"


class How(StrEnum):
    NEVER_APPLIED = "never applied"  # held on its way, then lost
    APPLIED_LATE = "applied late"  # held on its way, then applied although nobody waits for it any more
    ANSWER_HELD = "answer held"  # applied; only its answer is held


@dataclass(frozen=True, slots=True)
class Gap:
    """One place where a process can die. `fault` is the simulators' for a call; it holds the connection."""

    name: str
    step: Step
    how: How
    fault: str = ""

    def rule(self, pk: str) -> Rule:
        """The proxy's rule that holds this step of the subscription with this partition key."""
        spec: dict[str, Any] = {"service": "dynamodb", "times": 1} | _matcher(self.step, pk)
        match self.how:
            case How.NEVER_APPLIED:
                spec |= {"latency": HOLD_SECONDS * 1000, "reset": True}
            case How.APPLIED_LATE:
                spec |= {"latency": HOLD_SECONDS * 1000}
            case How.ANSWER_HELD:
                spec |= {"response": {"bandwidth_kbps": _TRICKLE_KBPS}}
        return Rule(self.name, spec)


def _matcher(step: Step, pk: str) -> dict[str, Any]:
    # Both write the subscription's own item, which carries its newest entry: a renewal makes no transaction.
    claims = "==" if step is Step.CLAIM else "!="
    body = f"Item.pk.S == '{pk}' && Item.sk.S == 'SUB' && Item.attempt.M.state.S {claims} 'in_flight'"
    return {"operation": "PutItem", "body": body}


GAPS = (
    Gap("before the claim", Step.CLAIM, How.NEVER_APPLIED),
    Gap("claim sent, applied after the death", Step.CLAIM, How.APPLIED_LATE),
    Gap("after the claim, before the call", Step.CLAIM, How.ANSWER_HELD),
    Gap("during the call, before the debit", Step.CALL, How.NEVER_APPLIED, "hang"),
    Gap("after the debit, before its answer", Step.CALL, How.ANSWER_HELD, "timeout_after_debit"),
    Gap("before the settle write", Step.SETTLE, How.NEVER_APPLIED),
    Gap("settle sent, applied after the death", Step.SETTLE, How.APPLIED_LATE),
    Gap("after the settle, before its entry's row", Step.SETTLE, How.ANSWER_HELD),
)
