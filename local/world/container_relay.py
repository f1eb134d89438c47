"""Lets functions in containers reach the local world, whose servers listen on loopback only."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import override

from local.world.errors import WorldError
from local.world.ports import HOST

# Our side of Docker's default network; only containers of this machine are on the other side. Docker Desktop has no
# such address and brings its containers to our loopback by itself.
BRIDGE = "172.17.0.1"
_CONNECT_SECONDS = 5.0
_CHUNK = 65536


class ContainerRelay:
    """Passes connections to ports of the bridge on to the same ports of loopback; does nothing without a bridge."""

    def __init__(self, ports: Iterable[int], bridge: str = BRIDGE) -> None:
        self._ports = tuple(ports)
        self._bridge = bridge
        self._servers: list[_Server] = []

    def start(self) -> None:
        """Raise WorldError where somebody listens on a port of the bridge already."""
        for port in self._ports:
            try:
                server = _Server((self._bridge, port), _Connection)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    return
                raise WorldError(f"port {port} of the container bridge {self._bridge} is taken") from error
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Take no further connection; those that are open end with their containers."""
        while self._servers:
            server = self._servers.pop()
            server.shutdown()
            server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Connection(socketserver.BaseRequestHandler):
    @override
    def handle(self) -> None:
        port = self.request.getsockname()[1]
        try:
            inner = socket.create_connection((HOST, port), _CONNECT_SECONDS)
        except OSError:
            return  # as if nobody listened: the container's connection ends
        with inner:
            inner.settimeout(None)
            answers = threading.Thread(target=_pass_on, args=(inner, self.request), daemon=True)
            answers.start()
            _pass_on(self.request, inner)
            answers.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends. A source that breaks off breaks the other side off, too."""
    how = socket.SHUT_RDWR
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
        how = socket.SHUT_WR
    with suppress(OSError):  # the sink has ended by itself
        sink.shutdown(how)
