"""What a call to DynamoDB came to: an answer, a failed condition, perhaps nothing, or a refusal of us."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pinbill.aws.direct_client import is_unreadable
from pinbill.aws.retrying import NO_ANSWER
from pinbill.errors import Misconfigured
from pinbill.store.items import Item, from_wire
from pinbill.store.retrying import Throttled, Transient

# Of errors, and without "Exception" of a transaction's reasons. A 5xx may have taken effect, the others have not.
THROTTLED_CODES = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)
TRANSIENT_CODES = THROTTLED_CODES | {
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}
FIRST_SERVER_ERROR = 500


class ConditionFailed(Exception):
    """Nothing was written. `stored` holds, by position of the failed action, the row that is there, or None."""

    def __init__(self, stored: Mapping[int, Item | None]) -> None:
        super().__init__("condition failed")
        self.stored = stored


def outcome[T](call: Callable[[], T]) -> T:
    """Make one call. Raises Transient, ConditionFailed or Misconfigured.

    Messages of DynamoDB and botocore stay behind: they may quote an item, and with it a number.
    """
    try:
        return call()
    except NO_ANSWER as error:
        raise Transient(type(error).__name__) from None
    except ClientError as error:
        raise _meaning(error) from None
    except BotoCoreError as error:
        raise Misconfigured(f"The table cannot be called: {type(error).__name__}.") from None
    except Exception as error:
        if not is_unreadable(error):
            raise
        raise Transient(type(error).__name__) from None


def _meaning(error: ClientError) -> Exception:
    answer: Any = error.response
    code = answer.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed({0: _row(answer)})
    reasons = answer.get("CancellationReasons", [])
    failed = {at: _row(reason) for at, reason in enumerate(reasons) if reason.get("Code") == "ConditionalCheckFailed"}
    if failed:  # final, also beside a conflict in another row
        return ConditionFailed(failed)
    codes = {code, *(reason.get("Code") for reason in reasons)}
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if codes & THROTTLED_CODES:
        return Throttled(code)
    if codes & TRANSIENT_CODES or status >= FIRST_SERVER_ERROR:
        return Transient(code)
    return Misconfigured(f"The table refused {error.operation_name}: {code}.")


def _row(answer: Mapping[str, Any]) -> Item | None:
    return from_wire(answer["Item"]) if answer.get("Item") else None
