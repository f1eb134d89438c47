"""A DynamoDB client that answers what a test scripted and remembers what it was asked."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError


class ScriptedClient:
    """Each call takes the next answer; an exception is raised."""

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**given: Any) -> Any:
            self.calls.append((operation, given))
            answer = self._answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(code: str, status: int = 400, **answer: Any) -> ClientError:
    """DynamoDB's answer with an error code; its message quotes a number, as real ones may."""
    response: Any = {
        "Error": {"Code": code, "Message": "value: +447700900123"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **answer,
    }
    return ClientError(response, "PutItem")


def cancelled(*reasons: str | Mapping[str, Any]) -> ClientError:
    """A transaction that was cancelled, with one reason for each of its actions."""
    given = [{"Code": reason} if isinstance(reason, str) else dict(reason) for reason in reasons]
    return refused("TransactionCanceledException", CancellationReasons=given)
