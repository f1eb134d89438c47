"""Infomedia on loopback, in a process of its own: answers late, seldom or never, and keeps books of what it was asked.

It debits every bill that reaches it, whatever becomes of the answer.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, override

from bench.latency import Latency
from bench.renewal_peers import infomedia
from bench.whole_requests import WholeRequests

LIFETIME_SECONDS = 900  # whose parent was killed, ends by itself
STOP_SECONDS = 10

_REFERENCE = re.compile(rb'"pt": ?"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Manner:
    """How it answers; of a share `lost` the connection ends without an answer, after the debit."""

    latency: Latency
    lost: float
    seed: int

    @classmethod
    def parse(cls, text: str) -> "Manner":
        p50, p99, hangs, lost, seed = json.loads(text)
        return cls(Latency(p50, p99, hangs), lost, seed)

    @override
    def __str__(self) -> str:
        return json.dumps([self.latency.p50, self.latency.p99, self.latency.hangs, self.lost, self.seed])


class Books:
    """Steady times at which bills arrived, and their references; the clock is the machine's, the same for all."""

    def __init__(self, manner: Manner) -> None:
        self.arrivals: list[tuple[float, str]] = []
        self.lost = 0
        self._manner = manner
        self._random = Random(manner.seed)
        self._answering = infomedia()

    def debit(self, body: bytes) -> tuple[float, bytes | None]:
        """Seconds until the answer, and the answer; None ends the connection."""
        at, reference = time.monotonic(), _REFERENCE.search(body)
        self.arrivals.append((at, reference[1].decode() if reference else ""))
        wait = self._manner.latency.draw(self._random)
        if self._random.random() < self._manner.lost:
            self.lost += 1
            return wait, None
        return wait, self._answering(b"", body)[1]


class Connection(WholeRequests):
    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books

    @override
    def asked(self, head: bytes, body: bytes) -> None:
        wait, answer = self._books.debit(body)
        if wait != float("inf"):
            asyncio.get_running_loop().call_later(wait, self._answer, answer)

    def _answer(self, answer: bytes | None) -> None:
        if answer is None:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(answer)


async def serve(manner: Manner) -> None:
    """Print the port; then, for each line that comes, how many bills there were, or the whole books for "books"."""
    books, loop = Books(manner), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(books), "127.0.0.1", 0, backlog=1_024)
    _print(server.sockets[0].getsockname()[1])
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    while line := await asked.readline():
        _print(books.arrivals if line.strip() == b"books" else [len(books.arrivals), books.lost])


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Provider:
    process: subprocess.Popen[str]
    url: str

    def count(self) -> tuple[int, int]:
        """Bills that arrived, and of them those whose answer was lost."""
        arrived, lost = self._ask("count")
        return arrived, lost

    def books(self) -> list[tuple[float, str]]:
        return [(at, reference) for at, reference in self._ask("books")]

    def _ask(self, what: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def provider(latency: Latency, lost: float = 0.0, seed: int = 1) -> Iterator[Provider]:
    command = [sys.executable, "-m", "bench.provider", str(Manner(latency, lost, seed))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Provider(process, f"http://127.0.0.1:{process.stdout.readline().strip()}")
        finally:
            process.stdin.close()
            process.wait(STOP_SECONDS)


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(serve(Manner.parse(sys.argv[1])), LIFETIME_SECONDS))
