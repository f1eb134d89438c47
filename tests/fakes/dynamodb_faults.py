"""What may befall a request to the in-memory DynamoDB: turned away, its answer lost, or its write applied late."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from tests.fakes.dynamodb_errors import OK, Refused, cancelled

type Answer = dict[str, Any]

ENDPOINT = "https://dynamodb.invalid"
WRITES = frozenset({"PutItem", "DeleteItem", "TransactWriteItems"})
CONDITION_CODES = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client. `apply` lets it take effect, now or later, and gives or raises DynamoDB's answer."""

    operation: str
    parameters: Mapping[str, Any]
    apply: Callable[[], Answer]

    @property
    def writes(self) -> bool:
        return self.operation in WRITES


class Around(Protocol):
    """Stands around every request: answers `request.apply()`, or raises in its stead, before or after it.

    A write is held back by keeping its request, and lands by `lands`. No lock is held meanwhile.
    """

    def __call__(self, request: Request, /) -> Answer: ...


type Failure = Callable[[Request], Exception]


def conflict(request: Request) -> ClientError:
    """Another transaction is at work on a row of this write."""
    message = "Transaction is ongoing for the item"
    if request.operation == "TransactWriteItems":
        others = [OK] * (len(request.parameters["TransactItems"]) - 1)
        reasons = [{"Code": "TransactionConflict", "Message": message}, *others]
        return cancelled(reasons).raised_by(request.operation)
    return Refused("TransactionConflictException", message).raised_by(request.operation)


def _answered(code: str, status: int) -> Failure:
    return lambda request: Refused(code, code, status).raised_by(request.operation)


# Failures that prove that this request took no effect. "conflict" befalls writes only; "in progress" a transaction with
# the token of an earlier one that may still land.
REFUSALS: Mapping[str, Failure] = {
    "throttled": _answered("ThrottlingException", 400),
    "over capacity": _answered("ProvisionedThroughputExceededException", 400),
    "no connection": lambda _: EndpointConnectionError(endpoint_url=ENDPOINT),
    "conflict": conflict,
    "in progress": _answered("TransactionInProgressException", 400),
}
# Failures after which the request may have taken effect, or may yet.
LOSSES: Mapping[str, Failure] = {
    "read timeout": lambda _: ReadTimeoutError(endpoint_url=ENDPOINT),
    "connection closed": lambda _: ConnectionClosedError(endpoint_url=ENDPOINT),
    "server error": _answered("InternalServerError", 500),
    "unavailable": _answered("ServiceUnavailable", 503),
    "garbled answer": lambda _: ResponseParserError("not JSON"),
}


def refused(failure: Failure) -> Around:
    """The request takes no effect."""

    def around(request: Request) -> Answer:
        raise failure(request)

    return around


def lost(failure: Failure) -> Around:
    """The request takes its effect, if its condition holds, and its answer is lost."""

    def around(request: Request) -> Answer:
        lands(request)
        raise failure(request)

    return around


def late(failure: Failure, held: list[Request]) -> Around:
    """The request is added to `held`, from where the caller lets it land."""

    def around(request: Request) -> Answer:
        held.append(request)
        raise failure(request)

    return around


def lands(request: Request) -> bool:
    """Let a request take effect that nobody waits for; False where its condition does not hold (any more)."""
    try:
        request.apply()
    except ClientError as error:
        answer: Any = error.response
        codes = {answer["Error"]["Code"], *(reason["Code"] for reason in answer.get("CancellationReasons", []))}
        if codes & CONDITION_CODES:
            return False
        raise
    return True


class Script:
    """An Around in which each of the next writes meets what was scripted for it; everything else passes."""

    def __init__(self) -> None:
        self._next: list[Around] = []
        self.writes = 0  # that were asked for, whatever became of them

    def then(self, *faults: Around) -> None:
        self._next += faults

    def __call__(self, request: Request, /) -> Answer:
        if not request.writes:
            return request.apply()
        self.writes += 1
        return self._next.pop(0)(request) if self._next else request.apply()
