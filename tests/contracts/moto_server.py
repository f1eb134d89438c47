"""moto's DynamoDB behind a socket on loopback, for a client that moto cannot patch."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, override

from moto.core.request import Request
from moto.dynamodb.responses import DynamoHandler
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response


class _Request(Request):
    from_wsgi_server = True


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    @override
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: a test says by itself what went wrong."""


@contextmanager
def moto_server() -> Iterator[str]:
    """The address of a DynamoDB whose tables are as those of moto in this process."""
    one_at_a_time = threading.Lock()  # moto keeps no order among threads

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        request = _Request(environ)
        with one_at_a_time:
            status, headers, body = DynamoHandler.dispatch(request)
        return Response(body, status, headers)(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
