"""moto behind a socket on loopback, for clients that moto cannot patch."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, override

from moto.core.request import Request
from moto.dynamodb.responses import DynamoHandler
from moto.kms.responses import KmsResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sqs.responses import SQSResponse
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

SERVICES = {
    "dynamodb": DynamoHandler,
    "kms": KmsResponse,
    "secretsmanager": SecretsManagerResponse,
    "sqs": SQSResponse,
}


class _Request(Request):
    from_wsgi_server = True


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    @override
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: a test says by itself what went wrong."""


def _signed_for(request: Request) -> str:
    """The service, of the signature's scope: key, day, region, service."""
    scope = request.headers["Authorization"].partition("Credential=")[2]
    return str(scope.split("/")[3])


@contextmanager
def moto_server() -> Iterator[str]:
    """The address of an AWS that holds what moto holds in this process."""
    one_at_a_time = threading.Lock()  # moto keeps no order among threads

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        request = _Request(environ)
        with one_at_a_time:
            status, headers, body = SERVICES[_signed_for(request)].dispatch(request)
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
