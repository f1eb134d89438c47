"""Only a failure that is proved to precede the first byte counts as not sent."""

import inspect
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from pinbill.providers.connections import Phase
from pinbill.providers.failures import RAISED, TABLE, Proof, classify

POOL = HTTPConnectionPool("provider.invalid")
CONNECTION = HTTPConnection("provider.invalid")

BEFORE_THE_FIRST_BYTE = {
    "NameResolutionError",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ConnectTimeout",
    "URLRequired",
    "MissingSchema",
    "InvalidSchema",
    "InvalidURL",
    "InvalidProxyURL",
    "LocationValueError",
    "LocationParseError",
    "URLSchemeUnknown",
    "ProxySchemeUnknown",
    "EmptyPoolError",
    "ClosedPoolError",
}
PERHAPS_AFTER_IT = {
    # requests
    "RequestException",
    "InvalidJSONError",
    "JSONDecodeError",
    "HTTPError",
    "ConnectionError",
    "ProxyError",
    "SSLError",
    "Timeout",
    "ReadTimeout",
    "TooManyRedirects",
    "InvalidHeader",
    "ChunkedEncodingError",
    "ContentDecodingError",
    "StreamConsumedError",
    "RetryError",
    "UnrewindableBodyError",
    # urllib3
    "PoolError",
    "RequestError",
    "DecodeError",
    "ProtocolError",
    "MaxRetryError",
    "HostChangedError",
    "TimeoutStateError",
    "TimeoutError",
    "ReadTimeoutError",
    "FullPoolError",
    "ResponseError",
    "ResponseNotChunked",
    "BodyNotHttplibCompatible",
    "IncompleteRead",
    "InvalidChunkLength",
    "ProxySchemeUnsupported",
    "HeaderParsingError",
}


def raisable(module: ModuleType) -> list[type[Exception]]:
    """Every exception that the module defines, less its warnings."""
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]
    return [kind for kind in found if kind.__module__ == module.__name__ and not issubclass(kind, Warning)]


ALL = [*raisable(requests.exceptions), *raisable(urllib3.exceptions)]


def bare(kind: type[Exception]) -> Exception:
    """An instance without the arguments that only its text needs."""
    if kind is urllib3.exceptions.MaxRetryError:
        return urllib3.exceptions.MaxRetryError(POOL, "/")
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__.split('.')[0]}.{kind.__name__}")
def test_every_exception_of_the_libraries_is_known_to_be_on_one_side(kind: type[Exception]) -> None:
    assert (kind.__name__ in BEFORE_THE_FIRST_BYTE) != (kind.__name__ in PERHAPS_AFTER_IT)
    assert issubclass(kind, RAISED)
    not_sent, _ = classify(bare(kind), Phase.NOTHING)
    assert not_sent is (kind.__name__ in BEFORE_THE_FIRST_BYTE)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__.split('.')[0]}.{kind.__name__}")
def test_no_exception_counts_as_not_sent_once_the_request_was_being_sent(kind: type[Exception]) -> None:
    assert classify(bare(kind), Phase.SENDING)[0] is False


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__.split('.')[0]}.{kind.__name__}")
def test_every_exception_counts_as_not_sent_while_the_connection_is_being_opened(kind: type[Exception]) -> None:
    assert classify(bare(kind), Phase.CONNECTING)[0] is True


def test_no_row_of_the_table_is_hidden_by_an_earlier_one() -> None:
    for place, (kind, _, _) in enumerate(TABLE):
        assert not [earlier for earlier, _, _ in TABLE[:place] if issubclass(kind, earlier)], kind


def test_a_proof_lies_in_no_class_that_is_raised_while_an_answer_is_read() -> None:
    proving = {kind.__name__ for kind, _, proof in TABLE if proof is Proof.NOT_SENT}
    assert proving <= BEFORE_THE_FIRST_BYTE


def test_the_cause_inside_the_wrappers_gives_the_code() -> None:
    inner = urllib3.exceptions.NewConnectionError(CONNECTION, "refused")
    wrapped = requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/", inner))

    assert classify(wrapped, Phase.CONNECTING) == (True, "connect_failed")


def test_a_kept_connection_that_dies_at_the_first_use_is_no_proof() -> None:
    broken = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))

    assert classify(requests.exceptions.ConnectionError(broken), Phase.SENDING) == (False, "connection_lost")


def test_a_tls_error_proves_nothing_once_the_request_was_being_sent() -> None:
    broken = urllib3.exceptions.SSLError("decryption failed or bad record mac")
    wrapped = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(POOL, "/", broken))

    assert classify(wrapped, Phase.CONNECTING) == (True, "tls_failed")
    assert classify(wrapped, Phase.SENDING) == (False, "tls_failed")


def test_an_exception_of_no_table_is_unknown() -> None:
    assert classify(RuntimeError("new"), Phase.NOTHING) == (False, "transport_failed")
