"""HTTP requests as they come in whole, one after another on a kept connection: for peers that must cost little."""

import asyncio
import re
from typing import override

_LENGTH = re.compile(rb"content-length: ?([0-9]+)", re.IGNORECASE)


class WholeRequests(asyncio.Protocol):
    """Calls `asked` with the head and the body of each request."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""

    def asked(self, head: bytes, body: bytes) -> None:
        """Answer by `self.transport`, now or later."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end + 2)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            head, body = self._received[:end], self._received[end + 4 : whole]
            self._received = self._received[whole:]
            self.asked(head, body)
