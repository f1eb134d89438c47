"""The errors with which DynamoDB refuses a request, as botocore raises them.

Codes, statuses and fields are those of the local AWS's answers, so that pinbill.store.outcomes reads them as on the
real thing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

OK: Mapping[str, Any] = {"Code": "None"}
CONDITION_FAILED = "The conditional request failed"
WRONG_VALUES = "One or more parameter values were invalid:"
EMPTY_KEY = "The AttributeValue for a key attribute cannot contain an empty string value."


class Refused(Exception):
    """DynamoDB's answer to a request that it does not carry out; `fields` is what it says beside code and message."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.fields = code, message, status, fields

    def raised_by(self, operation: str) -> ClientError:
        answer: Any = {
            "Error": {"Code": self.code, "Message": self.message},
            "ResponseMetadata": {"HTTPStatusCode": self.status},
            **self.fields,
        }
        return ClientError(answer, operation)


class Invalid(Refused):
    """A request that is wrong in itself."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class Misfit(Invalid):
    """A row or key that the table cannot hold; a transaction tells it as the reason of one action."""

    def reason(self) -> Mapping[str, Any]:
        return {"Code": "ValidationError", "Message": self.message}


def condition_reason(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Why an action of a transaction may not be applied; `item` is the row that it is to show, empty for none."""
    return {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED, **({"Item": item} if item else {})}


def condition_failed(reason: Mapping[str, Any]) -> Refused:
    """The same of a write that stands alone."""
    shown = {"Item": reason["Item"]} if "Item" in reason else {}
    return Refused("ConditionalCheckFailedException", CONDITION_FAILED, **shown)


def cancelled(reasons: Sequence[Mapping[str, Any]]) -> Refused:
    """A transaction that was not applied, with one reason for each of its actions."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused("TransactionCanceledException", message, CancellationReasons=list(reasons))


def no_table() -> Refused:
    return Refused("ResourceNotFoundException", "Requested resource not found")


def token_mismatch() -> Refused:
    message = "Request token already in use for another request with a different payload"
    return Refused("IdempotentParameterMismatchException", message)
