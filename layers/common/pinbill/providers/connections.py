"""Pooled connections that know how far a request has got, and that are not reused after a pause."""

import time
from contextvars import ContextVar
from enum import IntEnum
from typing import override

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

# A peer may have closed an idle connection without our having heard of it (a proxy in between, a frozen Lambda). A
# request into such a connection ends as "perhaps debited" although nothing happened, so idle ones are opened anew.
# 5 seconds is the shortest keep-alive time among common servers (Apache's).
IDLE_LIMIT_SECONDS = 4.0


class Phase(IntEnum):
    """How far this thread's request has got, as seen at the connection itself."""

    NOTHING = 0
    CONNECTING = 1
    SENDING = 2  # from here on bytes of the request may have left us


_phase: ContextVar[Phase] = ContextVar("phase", default=Phase.NOTHING)


def begin() -> None:
    """A new request of this thread starts."""
    _phase.set(Phase.NOTHING)


def reached() -> Phase:
    return _phase.get()


def _reach(phase: Phase) -> None:
    _phase.set(max(phase, _phase.get()))


class ObservedHTTPConnection(HTTPConnection):
    """Notes the phase, and counts as dropped after IDLE_LIMIT_SECONDS without use."""

    last_used = (0.0, 0.0)  # monotonic and wall clock: the first may stand still while a Lambda is frozen

    @override
    def connect(self) -> None:
        _reach(Phase.CONNECTING)
        super().connect()
        self._used()

    @override
    def send(self, data: object) -> None:
        if self.sock is None:
            self.connect()  # the base class would do it after we had noted a sending
        _reach(Phase.SENDING)
        super().send(data)  # type: ignore[arg-type]  # http.client's own type, which has no name to import

    @override
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        response = super().getresponse()
        self._used()
        return response

    @property
    @override
    def is_connected(self) -> bool:
        monotonic, wall = self.last_used
        idle = max(time.monotonic() - monotonic, time.time() - wall)
        return idle < IDLE_LIMIT_SECONDS and super().is_connected

    def _used(self) -> None:
        self.last_used = (time.monotonic(), time.time())


class ObservedHTTPSConnection(ObservedHTTPConnection, HTTPSConnection):
    """The same over TLS; a handshake counts as connecting."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = ObservedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = ObservedHTTPSConnection


class OneTryAdapter(HTTPAdapter):
    """Sends every request once: no retry on connect, read, redirect or status, and no waiting for Retry-After."""

    def __init__(self, pool_size: int) -> None:
        never = Retry(0, connect=0, read=False, redirect=0, status=0, other=0, respect_retry_after_header=False)
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=never)

    @override
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
