"""What goes wrong on the way to DynamoDB while a storm lasts, by chance and now and then for all at once."""

from __future__ import annotations

from typing import Any

from local.drill.proxy import Rule

_CONFLICT = "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]"
BLACKOUT_SECONDS = 7  # longer than the store tries one write again: claims fail, and outcomes cannot be written


def _rule(name: str, operation: str, probability: float, **effect: Any) -> Rule:
    spec = {"service": "dynamodb", "operation": operation, "probability": probability}
    return Rule(name, spec | effect)


# Of each operation the shares of its calls add up; a call meets one fault at most.
STORM = (
    _rule("write applied, answer lost", "PutItem", 0.05, response={"abort_bytes": 0}),
    _rule("write lost on its way", "PutItem", 0.03, reset=True),
    _rule("write throttled", "PutItem", 0.03, error={"code": "ProvisionedThroughputExceededException", "status": 400}),
    _rule("write refused by a transaction", "PutItem", 0.02, error={"code": "TransactionConflictException"}),
    _rule("transaction applied, answer lost", "TransactWriteItems", 0.06, response={"abort_bytes": 0}),
    _rule("transaction lost on its way", "TransactWriteItems", 0.03, reset=True),
    _rule("transaction applied after its caller gave up", "TransactWriteItems", 0.005, latency=2500),
    _rule(
        "transaction conflict",
        "TransactWriteItems",
        0.03,
        error={
            "code": "TransactionCanceledException",
            "message": _CONFLICT,
            "fields": {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]},
        },
    ),
    _rule("transaction failed inside AWS", "TransactWriteItems", 0.02, error={"code": "InternalServerError"}),
    # A subscription is read by a query: its item comes with the newest row of its journal.
    _rule("read throttled", "Query", 0.02, error={"code": "ThrottlingException"}),
    _rule("read lost", "Query", 0.005, reset=True),
    _rule("single read throttled", "GetItem", 0.01, error={"code": "ThrottlingException"}),
    _rule("single read lost", "GetItem", 0.005, reset=True),
)
BLACKOUT = Rule(
    f"DynamoDB away for {BLACKOUT_SECONDS} s (calls lost)",
    {"service": "dynamodb", "reset": True, "ttl_s": BLACKOUT_SECONDS},
)
