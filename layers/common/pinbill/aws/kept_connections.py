"""Connections to a service that are kept from call to call, and what becomes of a call whose connection fails.

What fails is raised as botocore's client raises it, so that nobody above can tell the two apart.
"""

import select
import socket
import ssl
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    SSLError,
)

from pinbill.aws.clients import QUICK
from pinbill.aws.trust import first_trust, whole_trust

# A peer, or what stands between, may have dropped an idle connection without our having heard of it: above all while
# the function was frozen. A call into such a one waits for its whole timeout.
IDLE_SECONDS = 20.0
CLOCKS = (time.monotonic, time.time)  # the first may stand still while the function is frozen


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    checksum: str | None  # of the body, as DynamoDB reckons it


class KeptConnections:
    """Connections to one address, the last used first; may be shared by threads.

    A call that fails closes all idle ones: what broke one of them may have broken the others.
    """

    def __init__(
        self,
        url: str,
        trusted: str,
        connect_seconds: float = QUICK.connect,
        read_seconds: float = QUICK.read,
        clocks: tuple[Callable[[], float], ...] = CLOCKS,
    ) -> None:
        """`trusted` is the file with the certificates of whom to trust, where the address is one of https."""
        parts = urlsplit(url)
        if parts.hostname is None or parts.path.strip("/"):
            raise ValueError("an endpoint is a scheme, a host and perhaps a port")
        self._url, self._host, self._port = url, parts.hostname, parts.port
        self._connect_seconds, self._read_seconds, self._clocks = connect_seconds, read_seconds, clocks
        self._trusted, self._tls = trusted, first_trust(trusted) if parts.scheme == "https" else None
        self._idle: deque[tuple[HTTPConnection, list[float]]] = deque()  # and when it was used last, by each clock
        weakref.finalize(self, _close_all, self._idle)

    def exchange(self, request: bytes) -> Reply:
        """Send once, and return the whole answer. Raises BotoCoreError; the request may have taken effect then."""
        connection = self._take() or self._open()
        response, failed = HTTPResponse(connection.sock, method="POST"), True
        try:
            connection.sock.sendall(request)
            response.begin()
            reply = Reply(response.status, response.read(), response.getheader("x-amz-crc32"))
            failed = False
            if not response.will_close:
                self._idle.append((connection, self._now()))
            else:
                connection.close()
            return reply
        except TimeoutError:
            raise ReadTimeoutError(endpoint_url=self._url) from None
        except IncompleteRead as error:
            got = len(error.partial)
            raise IncompleteReadError(actual_bytes=got, expected_bytes=got + (error.expected or 0)) from None
        except (OSError, HTTPException):
            raise ConnectionClosedError(endpoint_url=self._url) from None
        finally:
            if failed:
                response.close()  # first: it holds the socket
                connection.close()
                self.close()

    def close(self) -> None:
        """Close what is idle."""
        _close_all(self._idle)

    def _take(self) -> HTTPConnection | None:
        while self._idle:
            try:
                connection, used = self._idle.pop()
            except IndexError:
                return None
            idle = max(now - then for now, then in zip(self._now(), used, strict=True))
            # What can be read although nothing was asked is the peer's good-bye, and no answer to the next call.
            if idle < IDLE_SECONDS and not _can_be_read(connection.sock):
                return connection
            connection.close()
        return None

    def _now(self) -> list[float]:
        return [clock() for clock in self._clocks]

    def _open(self) -> HTTPConnection:
        connection = self._new()
        try:
            connection.connect()
        except TimeoutError:
            connection.close()
            raise ConnectTimeoutError(endpoint_url=self._url) from None
        except ssl.SSLCertVerificationError as error:
            connection.close()
            whole = whole_trust(self._trusted)
            if self._tls is whole:
                raise SSLError(endpoint_url=self._url, error=error) from None
            self._tls = whole
            return self._open()
        except ssl.SSLError as error:
            connection.close()
            raise SSLError(endpoint_url=self._url, error=error) from None
        except OSError as error:
            connection.close()
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from None
        connection.sock.settimeout(self._read_seconds)
        return connection

    def _new(self) -> HTTPConnection:
        if self._tls is None:
            return HTTPConnection(self._host, self._port, timeout=self._connect_seconds)
        return HTTPSConnection(self._host, self._port, timeout=self._connect_seconds, context=self._tls)


def _can_be_read(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _close_all(idle: deque[tuple[HTTPConnection, list[float]]]) -> None:
    while idle:
        try:
            idle.pop()[0].close()
        except IndexError:  # another thread has taken it
            return
