"""Lambda and SQS around the shipped functions: delays, batches, environments that are kept, and what is billed."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from bench.clocks import Time

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

type Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]

BATCH = 10  # of one receive, as the template's mapping has it
VISIBILITY_SECONDS = 720  # as in the template
RECEIVES = 3
# What SQS takes beyond a message's delay, and Lambda until the function runs: in the median, and one in a hundred.
JITTER_P50, JITTER_P99 = 0.04, 0.6


@dataclass(slots=True)
class Message:
    id: str
    body: str
    received: int = 0


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda bills: from the beginning to the end, with the start of a cold environment."""

    function: str
    begun: float
    seconds: float
    is_cold: bool


@dataclass(slots=True)
class Requests:
    """What SQS bills."""

    sends: int = 0
    receives: int = 0
    deletes: int = 0

    @property
    def total(self) -> int:
        return self.sends + self.receives + self.deletes


@dataclass(slots=True)
class Function:
    """One Lambda function. `build` makes an environment, which takes `init_seconds` and is kept for the next event."""

    name: str
    time: Time
    build: Callable[[], Handler]
    timeout: float
    init_seconds: float = 0.0
    invocations: list[Invocation] = field(default_factory=list)
    failed: int = 0
    _idle: list[Handler] = field(default_factory=list)

    def invoke(self, event: dict[str, Any]) -> Mapping[str, Any]:
        begun, is_cold = self.time.steady(), not self._idle
        handler = self.build() if is_cold else self._idle.pop()
        if is_cold and self.init_seconds:
            self.time.sleep(self.init_seconds)
        ends = self.time.steady() + self.timeout

        def remaining() -> int:
            return int((ends - self.time.steady()) * 1000)

        answer = handler(event, SimpleNamespace(aws_request_id="0" * 36, get_remaining_time_in_millis=remaining))
        self._idle.append(handler)
        self.invocations.append(Invocation(self.name, begun, self.time.steady() - begun, is_cold))
        return answer

    @property
    def seconds(self) -> float:
        return sum(invocation.seconds for invocation in self.invocations)


class Queue:
    """An SQS queue whose messages go to `function`, at most `concurrency` batches at a time."""

    def __init__(self, time: Time, function: Function, concurrency: int, random: Random) -> None:
        self.requests = Requests()
        self.dead: list[Message] = []
        self.sent = 0
        self.waited: list[float] = []  # seconds that a message which was there waited for a worker
        self.is_closed = False  # what is sent from now on is dropped
        self._time, self._function, self._concurrency, self._random = time, function, concurrency, random
        self._visible: deque[tuple[float, Message]] = deque()
        self._running = 0
        self._delayed = 0
        self._lock = threading.Lock()

    def as_client(self) -> "SQSClient":
        return cast("SQSClient", self)

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not (self._visible or self._running or self._delayed)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        if self.is_closed:
            return {}
        with self._lock:
            self.requests.sends += 1
            for entry in Entries:
                self.sent += 1
                self._delay(Message(f"m{self.sent}", entry["MessageBody"]), entry["DelaySeconds"])
        return {}

    def _delay(self, message: Message, seconds: float) -> None:
        self._delayed += 1
        jitter = JITTER_P50 * (JITTER_P99 / JITTER_P50) ** (self._random.gauss(0.0, 1.0) / 2.3263)
        self._time.start(lambda: self._show(message), seconds + jitter)

    def _show(self, message: Message) -> None:
        with self._lock:
            self._delayed -= 1
            self._visible.append((self._time.steady(), message))
            if self._running >= self._concurrency:
                return
            self._running += 1
        self._poll()

    def _poll(self) -> None:
        """One of the mapping's workers, for as long as there is something to do."""
        while True:
            with self._lock:
                if not self._visible:
                    self._running -= 1
                    return
                now = self._time.steady()
                taken = [self._visible.popleft() for _ in range(min(BATCH, len(self._visible)))]
                self.waited += [now - since for since, _ in taken]
                self.requests.receives += 1
            self._work([message for _, message in taken])

    def _work(self, messages: Sequence[Message]) -> None:
        for message in messages:
            message.received += 1
        records = [{"messageId": message.id, "body": message.body} for message in messages]
        answer = self._function.invoke({"Records": records})
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        with self._lock:
            if len(failed) < len(messages):
                self.requests.deletes += 1
            for message in messages:
                if message.id not in failed:
                    continue
                self._function.failed += 1
                if message.received < RECEIVES:
                    self._delay(message, VISIBILITY_SECONDS)
                else:
                    self.dead.append(message)
