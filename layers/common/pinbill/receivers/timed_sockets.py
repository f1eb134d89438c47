"""Sockets that end at one moment, however slowly the other side takes or gives its bytes."""

import socket
import ssl
import time
from typing import Any, override


class TimedSocket(socket.socket):
    """Raises TimeoutError from the steady time `ends` on."""

    ends = float("inf")

    def _allow(self) -> None:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)

    @override
    def sendall(self, data: Any, flags: int = 0) -> None:
        self._allow()
        super().sendall(data, flags)

    @override
    def send(self, data: Any, flags: int = 0) -> int:
        self._allow()
        return super().send(data, flags)

    @override
    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self._allow()
        return super().recv_into(buffer) if nbytes is None else super().recv_into(buffer, nbytes, flags)


class _TimedTls(TimedSocket, ssl.SSLSocket):
    """The same over TLS."""


def tls_context(trusted: str) -> ssl.SSLContext:
    """`trusted` is a file of certificates."""
    context = ssl.create_default_context(cafile=trusted)
    context.sslsocket_class = _TimedTls
    return context


def connect(address: str, port: int, ends: float, tls: ssl.SSLContext | None, host: str) -> TimedSocket:
    """To an address, and over TLS to who can show a certificate for `host`. Raises OSError, of which TimeoutError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    plain = TimedSocket(family, socket.SOCK_STREAM)
    plain.ends = ends
    try:
        plain._allow()
        plain.connect((address, port))
        if tls is None:
            return plain
        plain._allow()
        wrapped = tls.wrap_socket(plain, server_hostname=host)
        assert isinstance(wrapped, _TimedTls)
        wrapped.ends = ends
    except BaseException:
        plain.close()
        raise
    return wrapped
