"""Which failures of a request prove that no byte of it left us."""

from enum import Enum

import requests.exceptions as of_requests
import urllib3.exceptions as of_urllib3

from pinbill.providers.connections import Phase


class Proof(Enum):
    """What an exception's class says by itself."""

    NOT_SENT = "raised only before the first byte of a request"
    NONE = "says nothing, or is raised after it too"


# The first class that the failure is an instance of decides, so subclasses stand before their bases.
TABLE: tuple[tuple[type[BaseException], str, Proof], ...] = (
    # Opening the connection
    (of_urllib3.NameResolutionError, "dns_failed", Proof.NOT_SENT),
    (of_urllib3.NewConnectionError, "connect_failed", Proof.NOT_SENT),
    (of_urllib3.ConnectTimeoutError, "connect_timeout", Proof.NOT_SENT),
    (of_requests.ConnectTimeout, "connect_timeout", Proof.NOT_SENT),
    # TLS fails in the handshake, but later as well: a broken record, or TLS 1.3's alerts to what was sent already.
    (of_urllib3.SSLError, "tls_failed", Proof.NONE),
    (of_requests.SSLError, "tls_failed", Proof.NONE),
    # Building the request, and getting a connection from the pool
    (of_requests.URLRequired, "request_invalid", Proof.NOT_SENT),
    (of_requests.MissingSchema, "request_invalid", Proof.NOT_SENT),
    (of_requests.InvalidSchema, "request_invalid", Proof.NOT_SENT),
    (of_requests.InvalidURL, "request_invalid", Proof.NOT_SENT),
    (of_urllib3.LocationValueError, "request_invalid", Proof.NOT_SENT),
    (of_urllib3.EmptyPoolError, "pool_unusable", Proof.NOT_SENT),
    (of_urllib3.ClosedPoolError, "pool_unusable", Proof.NOT_SENT),
    # Waiting for the answer. urllib3 uses it for a handshake that does not end, too.
    (of_urllib3.ReadTimeoutError, "read_timeout", Proof.NONE),
    (of_requests.ReadTimeout, "read_timeout", Proof.NONE),
    (of_urllib3.TimeoutError, "timeout", Proof.NONE),
    (of_requests.Timeout, "timeout", Proof.NONE),
    # Reading the answer
    (of_urllib3.IncompleteRead, "answer_incomplete", Proof.NONE),
    (of_urllib3.InvalidChunkLength, "answer_incomplete", Proof.NONE),
    (of_requests.ChunkedEncodingError, "answer_incomplete", Proof.NONE),
    (of_urllib3.DecodeError, "answer_unreadable", Proof.NONE),
    (of_requests.ContentDecodingError, "answer_unreadable", Proof.NONE),
    (of_urllib3.HeaderParsingError, "answer_unreadable", Proof.NONE),
    (of_urllib3.InvalidHeader, "answer_unreadable", Proof.NONE),
    (of_requests.InvalidHeader, "answer_unreadable", Proof.NONE),  # raised for a request's header and an answer's
    # A connection that broke: also a kept one that the peer had closed before our bytes came.
    (of_urllib3.ProtocolError, "connection_lost", Proof.NONE),
    (of_requests.ProxyError, "connection_lost", Proof.NONE),
    (of_urllib3.ProxyError, "connection_lost", Proof.NONE),
    (of_requests.ConnectionError, "connection_lost", Proof.NONE),
    (of_urllib3.PoolError, "transport_failed", Proof.NONE),
    # Whatever else these libraries raise, now or in a later version
    (of_requests.RequestException, "transport_failed", Proof.NONE),
    (of_urllib3.HTTPError, "transport_failed", Proof.NONE),
    (OSError, "connection_lost", Proof.NONE),
    (ValueError, "transport_failed", Proof.NONE),
)

TIMEOUTS = frozenset({"connect_timeout", "read_timeout", "timeout"})
"""Codes of what was waited for in vain."""

RAISED = (of_requests.RequestException, of_urllib3.HTTPError, OSError, ValueError)
"""What an exchange may raise; anything else is a fault of ours and is not caught."""


def classify(error: BaseException, phase: Phase) -> tuple[bool, str]:
    """(whether it is proved that nothing was sent, code) of a failed exchange.

    The connection's own observation goes first: a request that was being sent is never "not sent", one that was still
    connecting always is. Only where no connection was seen does the exception's class decide.
    """
    cause = _cause(error)
    code, proof = next(((code, proof) for kind, code, proof in TABLE if isinstance(cause, kind)), _UNLISTED)
    not_sent = phase is Phase.CONNECTING or (phase is Phase.NOTHING and proof is Proof.NOT_SENT)
    return not_sent, code


_UNLISTED = ("transport_failed", Proof.NONE)


def _cause(error: BaseException) -> BaseException:
    """What the libraries' wrappers hold: requests keeps urllib3's error as its first argument, that one its reason."""
    while True:
        inner = error.reason if isinstance(error, of_urllib3.MaxRetryError) else _wrapped(error)
        if inner is None:
            return error
        error = inner


def _wrapped(error: BaseException) -> BaseException | None:
    if type(error) in (of_requests.ConnectionError, of_requests.ConnectTimeout, of_requests.SSLError) and error.args:
        first = error.args[0]
        return first if isinstance(first, of_urllib3.HTTPError) else None
    return None
