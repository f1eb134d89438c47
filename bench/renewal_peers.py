"""What a worker talks to, on loopback and in processes of their own: AWS's JSON services and Infomedia.

They answer from canned bytes, and as if a renewal were paid. Nothing is stored: each reading finds the subscription
due.
"""

import asyncio
import base64
import json
import random
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import log
from typing import override

from bench.renewal_rows import (
    IN_THE_STEAD,
    KEY_TABLE,
    PROVIDER_REFERENCE,
    SECRET,
    TEMPLATE_ID,
    WRAPPER,
    WRAPPING_KEY,
    due_rows,
    key_of,
    number_of,
)
from bench.whole_requests import WholeRequests
from pinbill.store.items import to_wire

LIFETIME_SECONDS = 900  # a peer whose parent was killed ends by itself
STOP_SECONDS = 10
# Of a log-normal delay: the median, and the 99th percentile's distance from it in logarithms (380 ms to 120 ms).
SIGMA = log(380 / 120) / 2.3263

_ID = re.compile(rb"#S#([0-9a-f]{24})")
_TARGET = re.compile(rb"x-amz-target: ?[A-Za-z]+(?:_[0-9]+)?\.([A-Za-z]+)", re.IGNORECASE)

type Answering = Callable[[bytes, bytes], tuple[str, bytes]]  # head and body to the call's name and the answer


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=_text).encode()


def _text(held: bytes) -> str:
    """As DynamoDB and KMS send bytes."""
    return base64.b64encode(held).decode()


def _answer(content: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", *headers, f"Content-Length: {len(content)}", "Connection: keep-alive"]
    return "\r\n".join([*head, "", ""]).encode() + content


def _aws(content: bytes) -> bytes:
    request_id = "x-amzn-RequestId: 6T1VQ3KJ0B2M5QF7GQ0Q4S1VRRVV4KQNSO5AEMVJF66Q9ASUAAJG"
    return _answer(
        content, "Content-Type: application/x-amz-json-1.0", request_id, f"x-amz-crc32: {zlib.crc32(content)}"
    )


def aws() -> Answering:
    rows = due_rows()
    subscription, entry = _json(to_wire(rows.subscription)), _json(to_wire(rows.entry))
    newest = b'{"Items":[%s,%s],"Count":2,"ScannedCount":2}' % (subscription, entry)
    plan, service = (_aws(b'{"Item":%s}' % _json(to_wire(row))) for row in (rows.plan, rows.service))
    nothing, none = _aws(b"{}"), _aws(b'{"Items":[],"Count":0,"ScannedCount":0}')
    wrapping = _aws(_json({"Item": to_wire({"pk": "WRAPPING", "sk": WRAPPER, "sealed": WRAPPING_KEY})}))
    decrypted = _aws(_json({"KeyId": "alias/pinbill-bench", "Plaintext": WRAPPING_KEY}))
    secret = _aws(_json({"Name": "pinbill/bench", "SecretString": SECRET}))

    def answer(head: bytes, body: bytes) -> tuple[str, bytes]:
        target = _TARGET.search(head)
        assert target is not None
        call, id = target[1].decode(), _ID.search(body)
        match call:
            case "Query":
                return call, _aws(_of(newest, id[1].decode())) if id else none
            case "BatchGetItem":
                held = [to_wire(key_of(found.decode())) for found in _ID.findall(body)]
                return call, _aws(_json({"Responses": {KEY_TABLE: held}, "UnprocessedKeys": {}}))
            case "GetItem" if KEY_TABLE.encode() in body:
                return call, wrapping
            case "Decrypt":
                return call, decrypted
            case "GetItem":
                found = plan if b"PLAN#" in body else service if b"SERVICE#" in body else nothing
                return call, found
            case "GetSecretValue":
                return call, secret
            case _:
                return call, nothing

    return answer


def _of(newest: bytes, id: str) -> bytes:
    """The answer that stands for all, as this subscription's."""
    number, stead = _text(number_of(id)).encode(), _text(IN_THE_STEAD).encode()
    return newest.replace(TEMPLATE_ID.encode(), id.encode()).replace(stead, number)


def infomedia() -> Answering:
    networks = {"portedmcc": None, "portedmnc": None}
    said = {"status": "success", "description": "00 - Billed"}
    paid = _json({"d": {**said, "txid": PROVIDER_REFERENCE, "pt": "x", "conf": {**said, **networks}}})
    bytes_ = _answer(paid, "Content-Type: application/json; charset=utf-8", "Server: Microsoft-IIS/10.0")
    return lambda head, body: ("POST", bytes_)


KINDS: Mapping[str, Callable[[], Answering]] = {"aws": aws, "infomedia": infomedia}


class Connection(WholeRequests):
    def __init__(self, answering: Answering, delay: float, counts: Counter[str]) -> None:
        super().__init__()
        self._answering, self._delay, self._counts = answering, delay, counts

    @override
    def asked(self, head: bytes, body: bytes) -> None:
        call, answer = self._answering(head, body)
        self._counts[call] += 1
        wait = self._delay * random.lognormvariate(0, SIGMA)
        asyncio.get_running_loop().call_later(wait, self.transport.write, answer)


async def serve(kind: str, delay: float) -> None:
    """Print the port; then, for each line that comes, the calls since the last one. Ends with the standard input."""
    answering, counts, loop = KINDS[kind](), Counter[str](), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answering, delay, counts), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    while await asked.readline():
        sys.stdout.write(json.dumps(counts) + "\n")
        sys.stdout.flush()
        counts.clear()


@dataclass(frozen=True, slots=True)
class Peer:
    process: subprocess.Popen[str]
    url: str

    def calls(self) -> Mapping[str, int]:
        """By name, since this was asked last."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("calls\n")
        self.process.stdin.flush()
        counts: Mapping[str, int] = json.loads(self.process.stdout.readline())
        return counts


@contextmanager
def peer(kind: str, delay_ms: float) -> Iterator[Peer]:
    """A peer whose answers take `delay_ms` in the median."""
    command = [sys.executable, "-m", "bench.renewal_peers", kind, str(delay_ms / 1000)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Peer(process, f"http://127.0.0.1:{process.stdout.readline().strip()}")
        finally:
            process.stdin.close()
            process.wait(STOP_SECONDS)


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(serve(sys.argv[1], float(sys.argv[2])), LIFETIME_SECONDS))
