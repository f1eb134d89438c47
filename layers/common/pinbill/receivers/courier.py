"""The Courier port: one POST to a partner's endpoint, at an address that was checked, with nothing followed or kept."""

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import override

from pinbill.domain.deliveries import Answer
from pinbill.domain.webhook_urls import WebhookUrl
from pinbill.errors import WebhookUrlInvalid
from pinbill.receivers.addresses import AddressBook, AddressRefused
from pinbill.receivers.timed_sockets import TimedSocket, connect, tls_context
from pinbill.usecases.ports.webhooks import Courier

USER_AGENT = "pinbill-webhooks/1"
MOST_READ = 4096  # bytes of an answer's body, which nobody looks at: so much, that small answers end in peace
POLITE_SECONDS = 0.2
LONGEST_RETRY_AFTER = 24 * 60 * 60


class HttpCourier(Courier):
    """May be shared by threads. Neither addresses nor bodies reach a log line; `loopback` is for the local stage."""

    def __init__(
        self,
        trusted: str,
        *,
        loopback: bool = False,
        book: AddressBook | None = None,
        connect: Callable[..., TimedSocket] = connect,
    ) -> None:
        self._tls = tls_context(trusted)
        self._loopback = loopback
        self._book = book or AddressBook()
        self._connect = connect

    @override
    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        begun = time.monotonic()
        code, retry_after = self._code(url, headers, body, begun + seconds)
        return Answer(code, round((time.monotonic() - begun) * 1000), retry_after)

    def _code(self, url: str, headers: Mapping[str, str], body: bytes, ends: float) -> tuple[str, int | None]:
        """The order of the exceptions is that of their families: a timeout and a TLS failure are OSErrors too."""
        try:
            target = WebhookUrl.parse(url, loopback=self._loopback)
            address = self._address(target)
        except (WebhookUrlInvalid, AddressRefused):
            return "address_refused", None
        except (OSError, UnicodeError):
            return "dns_failed", None
        try:
            return self._exchange(target, address, headers, body, ends)
        except TimeoutError:
            return "timeout", None
        except ssl.SSLError:
            return "tls_failed", None
        except ConnectionRefusedError:
            return "connect_failed", None
        except OSError:
            return "connection_lost", None
        except (HTTPException, ValueError):
            return "answer_unreadable", None

    def _address(self, target: WebhookUrl) -> str:
        return "127.0.0.1" if target.is_loopback else self._book.address(target.host, target.port)

    def _exchange(
        self, target: WebhookUrl, address: str, headers: Mapping[str, str], body: bytes, ends: float
    ) -> tuple[str, int | None]:
        connection = HTTPConnection(target.host, target.port)
        connection.auto_open = 0  # no second connection, which would look the name up again
        peer = self._connect(address, target.port, ends, self._tls if target.is_tls else None, target.host)
        connection.sock = peer
        try:
            own = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Connection": "close"}
            connection.request("POST", target.target, body, {"Host": _host(target), **own, **headers})
            answer = connection.getresponse()
            retry_after = _retry_after(answer)
            peer.ends = min(peer.ends, time.monotonic() + POLITE_SECONDS)
            # Let a small body arrive: who closes on it would seem to have broken the connection. The answer stands.
            with suppress(OSError, HTTPException, ValueError):
                answer.read(MOST_READ)
            answer.close()
        finally:
            connection.close()
            peer.close()
        return str(answer.status), retry_after


def _host(target: WebhookUrl) -> str:
    return target.host if target.port in (80, 443) else f"{target.host}:{target.port}"


def _retry_after(answer: HTTPResponse) -> int | None:
    """Seconds; its form as a date is not read."""
    value = (answer.getheader("Retry-After") or "").strip()
    return min(int(value[:9]), LONGEST_RETRY_AFTER) if value.isascii() and value.isdigit() else None
