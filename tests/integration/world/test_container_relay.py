"""Containers reach loopback servers through the bridge, and see them end as they ended."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.world import WorldError
from local.world.container_relay import ContainerRelay
from local.world.ports import HOST, Ports

BRIDGE = "127.0.0.2"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127/8 by itself")
RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"


@contextmanager
def server(port: int, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """Take one connection on our loopback and let `answer` deal with it."""
    with socket.create_server((HOST, port)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    """A port of our loopback to which the relay leads."""
    port = Ports.free().aws
    relay = ContainerRelay([port], BRIDGE)
    relay.start()
    yield port
    relay.stop()


def ask(port: int, question: bytes) -> bytes:
    """Send everything, then read until the other side ends."""
    with socket.create_connection((BRIDGE, port), 10) as connection:
        connection.sendall(question)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_what_is_sent_and_answered_passes_through_whole(port: int) -> None:
    question = bytes(range(256)) * 2000

    def echo(connection: socket.socket) -> None:
        connection.sendall(b"".join(iter(lambda: connection.recv(4096), b"")))

    with server(port, echo):
        assert ask(port, question) == question


def test_a_connection_that_breaks_off_ends_for_the_container_too(port: int) -> None:
    def break_off(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    with server(port, break_off):
        assert ask(port, b"pay") == b""


def test_a_port_on_which_nobody_listens_answers_nothing(port: int) -> None:
    with socket.create_connection((BRIDGE, port), 10) as connection:
        assert connection.recv(1) == b""


def test_without_a_container_bridge_nothing_is_relayed() -> None:
    relay = ContainerRelay([Ports.free().aws], "192.0.2.1")

    relay.start()

    relay.stop()


def test_a_port_of_the_bridge_that_is_taken_is_named() -> None:
    with socket.create_server((BRIDGE, 0)) as other:
        taken = other.getsockname()[1]

        with pytest.raises(WorldError, match=f"port {taken} of the container bridge"):
            ContainerRelay([taken], BRIDGE).start()
