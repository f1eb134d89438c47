"""A threaded HTTP/1.1 server with keep-alive around the application, which can break connections on request."""

import contextlib
import io
import ipaddress
import socket
import struct
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self, override

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

from local.simulators import settlement
from local.simulators.app import create_app
from local.simulators.credentials import Credentials
from local.simulators.msisdn import mask
from local.simulators.transport import WIRE_HEADER
from local.simulators.world import World

_LARGEST_BODY = 1_000_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Handler(WSGIRequestHandler):
    """One connection. Werkzeug's own writer closes after each answer; this one keeps the connection alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    @override
    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    @override
    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    @override
    def run_wsgi(self) -> None:
        """Read the whole request, so that the next one starts cleanly; run the application; write its answer."""
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(self._read_body(environ))
        except (RequestEntityTooLarge, ValueError, OSError):
            self.close_connection = True
            return self._write(Response("", 413))
        environ["wsgi.input_terminated"] = True
        return self._write(Response.from_app(self.server.app, environ, buffered=True))

    def _read_body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read(_LARGEST_BODY + 1)
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = self.rfile.read(min(length, _LARGEST_BODY + 1))
        if len(body) > _LARGEST_BODY:
            raise RequestEntityTooLarge
        return bytes(body)

    def _write(self, response: Response) -> None:
        how = response.headers.pop(WIRE_HEADER, None)
        if how in ("rst", "fin"):
            self.close_connection = True
            if how == "rst":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return
        body = response.get_data()
        head_only = self.command == "HEAD"
        self.log_request(response.status_code)
        self.send_response_only(response.status_code)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if how == "cut":
            self.close_connection = True
            body = body[: len(body) // 2]
        elif self.close_connection:
            self.send_header("Connection", "close")
        # One write for head and body: two would meet the peer's delayed acknowledgement.
        self._headers_buffer.append(b"\r\n" + (b"" if head_only else body))
        self.flush_headers()

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if self.server.log_requests:
            sys.stdout.write(f"{self.command} {mask(self.path.split('?')[0])} {code}\n")
            sys.stdout.flush()


class _Server(ThreadedWSGIServer):
    """Knows its open connections, so that stopping ends them too."""

    request_queue_size = 256
    block_on_close = False

    def __init__(self, host: str, port: int, world: World, log_requests: bool) -> None:
        self.log_requests = log_requests
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(host, port, create_app(world), _Handler)

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    @override
    def shutdown_request(self, request: Any) -> None:
        lingering = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET_ON_CLOSE))
        if lingering == _RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        problem = sys.exception()
        if not isinstance(problem, OSError):
            sys.stderr.write(f"connection: {type(problem).__name__}\n")

    def end_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class SimulatorServer:
    """Both simulated providers on one loopback port; a context manager. `world` is their state.

    `state` None keeps the state in memory; a folder keeps it across restarts. `port` 0 takes a free one.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        state: Path | None = None,
        credentials: Credentials | None = None,
        log_requests: bool = False,
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the simulators listen on loopback only: their control routes ask for no credentials")
        self.world = World(state, credentials)
        self._server = _Server(host, port, self.world, log_requests)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), name="simulators", daemon=True),
            threading.Thread(target=settlement.run, args=(self.world,), name="settlement", daemon=True),
            threading.Thread(
                target=self.world.callbacks.run, args=(self.world.stopping,), name="callbacks", daemon=True
            ),
        ]

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        host = f"[{self._server.host}]" if ":" in self._server.host else self._server.host
        return f"http://{host}:{self._server.port}"

    def start(self) -> Self:
        """Serve in the background."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, end every hang and connection, keep the state. Safe to call twice."""
        if self.world.stopping.is_set():
            return
        self.world.stopping.set()
        self.world.callbacks.wake()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        for thread in self._threads:
            thread.join()
        self.world.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
