"""A DynamoDB client that loses answers: the write is applied, or not, and the caller is told something else."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

ENDPOINT = "http://127.0.0.1"


def server_error(operation: str) -> ClientError:
    answer: Any = {"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return ClientError(answer, operation)


def throttled(operation: str) -> ClientError:
    answer: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, operation)


LOSSES: dict[str, Callable[[], Exception]] = {
    "read timeout": lambda: ReadTimeoutError(endpoint_url=ENDPOINT),
    "connection closed": lambda: ConnectionClosedError(endpoint_url=ENDPOINT),
    "server error": lambda: server_error("PutItem"),
    "garbled answer": lambda: ResponseParserError("not JSON"),
}
WRITES = ("put_item", "transact_write_items")


class LossyClient:
    """Passes every call on. `lose` and `refuse` script what becomes of the next writes; `applied` counts real ones."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._faults: list[tuple[bool, Exception | None]] = []
        self.applied = 0
        self.after_loss: Callable[[], object] = lambda: None

    def pass_on(self) -> None:
        """The next write is applied and answered."""
        self._faults.append((True, None))

    def lose(self, error: Exception) -> None:
        """The next write is applied and its answer lost."""
        self._faults.append((True, error))

    def refuse(self, error: Exception) -> None:
        """The next write is not applied."""
        self._faults.append((False, error))

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in WRITES:
            return call

        def write(**given: Any) -> Any:
            applies, error = self._faults.pop(0) if self._faults else (True, None)
            answer = None
            if applies:
                answer = call(**given)
                self.applied += 1
            if error:
                self.after_loss()
                raise error
            return answer

        return write
