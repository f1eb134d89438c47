"""A loopback server that misbehaves below HTTP: it answers each request with given bytes, or not at all."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

type Script = Callable[[socket.socket, Callable[[], None]], None]  # peer, and reading its next request

OK_BODY = b'{"status": "Success"}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(OK_BODY), OK_BODY)
_RESET = struct.pack("ii", 1, 0)


@dataclass
class RawServer:
    """What arrived: connections, and the bytes of each request."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)  # a connection was closed by this side

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])


def answering(*answers: bytes) -> Script:
    """Answer the requests of a connection one by one, then close it."""

    def script(peer: socket.socket, next_request: Callable[[], None]) -> None:
        for place, answer in enumerate(answers):
            if place:
                next_request()
            peer.sendall(answer)

    return script


def dripping(head: bytes, piece: bytes, stopping: threading.Event, pause: float) -> Script:
    """Send a piece again and again, each in time for a timeout that counts from piece to piece."""

    def script(peer: socket.socket, next_request: Callable[[], None]) -> None:
        peer.sendall(head)
        while not stopping.wait(pause):
            peer.sendall(piece)

    return script


def resetting(peer: socket.socket, next_request: Callable[[], None]) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


@contextmanager
def raw_server(*scripts: Script, tls: ssl.SSLContext | None = None, read_first: bool = True) -> Iterator[RawServer]:
    """Serve one connection per script, the last script again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    server = RawServer(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(peer: socket.socket, script: Script) -> None:
        try:
            wrapped = tls.wrap_socket(peer, server_side=True) if tls else peer
            with wrapped:
                wrapped.settimeout(5)

                def next_request() -> None:
                    server.requests.append(_read_request(wrapped))

                if read_first:
                    next_request()
                script(wrapped, next_request)
        except OSError:
            peer.close()
        server.closed.set()

    def accept() -> None:
        while not server.stopping.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            script = scripts[min(server.connections, len(scripts) - 1)]
            server.connections += 1
            threads.append(threading.Thread(target=serve, args=(peer, script)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        acceptor.join()
        listener.close()
        for thread in threads:
            thread.join()


def _read_request(peer: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = peer.recv(65536)
        if not piece:
            raise ConnectionError("no request")
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body
