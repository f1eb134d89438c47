"""One HTTP exchange with a provider: a single try, and whether a byte of it can have left us."""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import override
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar

from pinbill.errors import SettingInvalid
from pinbill.providers import connections
from pinbill.providers.connections import OneTryAdapter
from pinbill.providers.failures import RAISED, classify
from pinbill.providers.json_wire import Document, decode

LARGEST_ANSWER = 512 * 1024
LONGEST_RETRY_AFTER = 24 * 60 * 60
HEADERS = {"User-Agent": "pinbill", "Accept": "application/json"}
POOL_SIZE = 64  # the billing worker's threads
_PIECE = 64 * 1024
_BASE_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/?")
_PREFIX = re.compile(r"(/[A-Za-z0-9._\-]+)*")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is. Timeouts in seconds; carriers are slow, so reading waits long. Raises SettingInvalid."""

    base_url: str  # scheme, host and port: nothing else is ever called
    path_prefix: str
    connect_timeout: float = 3.0
    read_timeout: float = 60.0

    def __post_init__(self) -> None:
        if not _BASE_URL.fullmatch(self.base_url):
            raise SettingInvalid("A provider's base URL must be http(s)://host or http(s)://host:port.")
        if not _PREFIX.fullmatch(self.path_prefix):
            raise SettingInvalid("A provider's path prefix must be empty or a path such as /dcb, without a last slash.")

    @property
    def root(self) -> str:
        return self.base_url.removesuffix("/") + self.path_prefix


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `document` is its JSON object, or None when the body is no such thing."""

    status: int
    document: Document | None
    retry_after: int | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Failure:
    """No complete answer. `not_sent`: proved that no byte left us; otherwise the request may have been carried out."""

    not_sent: bool
    code: str
    meaning: str = ""


class _Session(requests.Session):
    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect is an answer, and its target is not even looked at."""
        return None


class Transport:
    """Calls one endpoint over pooled connections; may be shared by threads.

    Nothing is sent twice, no redirect is followed, and neither proxies, .netrc nor cookies are used. Neither addresses
    nor bodies reach a log line or an exception.
    """

    def __init__(self, endpoint: Endpoint, pool_size: int = POOL_SIZE) -> None:
        self._endpoint = endpoint
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        adapter = OneTryAdapter(pool_size)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        # urllib3 logs request paths, which hold mandate ids, at DEBUG and in one warning.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer | Failure:
        return self._exchange("POST", path, {**headers, "Content-Type": "application/json"}, {}, body)

    def get(self, path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Answer | Failure:
        return self._exchange("GET", path, headers, query, None)

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes | None
    ) -> Answer | Failure:
        connections.begin()
        try:
            return self._send(method, path, headers, query, body)
        except RAISED as error:
            not_sent, code = classify(error, connections.reached())
            return Failure(not_sent, code)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes | None
    ) -> Answer | Failure:
        endpoint = self._endpoint
        url = endpoint.root + path
        request = requests.PreparedRequest()
        request.prepare(method, url, headers={**HEADERS, **headers}, params=dict(query), data=body)
        if not path.startswith("/") or _origin(request.url or "") != _origin(endpoint.base_url):
            return Failure(True, "address_refused")
        deadline = time.monotonic() + endpoint.connect_timeout + endpoint.read_timeout
        timeouts = (endpoint.connect_timeout, endpoint.read_timeout)
        with self._session.send(request, timeout=timeouts, allow_redirects=False, stream=True, proxies={}) as response:
            content = _read(response, deadline)
        if isinstance(content, Failure):
            return content
        return Answer(response.status_code, decode(content), _retry_after(response))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _read(response: requests.Response, deadline: float) -> bytes | Failure:
    """The whole body, unless it is too large or drips in beyond the deadline."""
    pieces = bytearray()
    while piece := response.raw.read1(_PIECE, decode_content=True):
        pieces += piece
        if len(pieces) > LARGEST_ANSWER:
            return Failure(False, "answer_too_large")
        if time.monotonic() > deadline:
            return Failure(False, "read_timeout")
    return bytes(pieces)


def _retry_after(response: requests.Response) -> int | None:
    """Seconds of Retry-After, at most a day; its form as a date is not read."""
    value = response.headers.get("Retry-After", "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    return min(int(value[:9]), LONGEST_RETRY_AFTER)
