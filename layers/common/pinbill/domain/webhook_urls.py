"""Where events may be sent: public https addresses by name, so that no partner makes us call what only we can reach."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pinbill.errors import WebhookUrlInvalid

LONGEST_URL = 500
HTTPS_PORT = 443
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
# Dots part labels; the last one begins with a letter. So neither 127.1 nor 0x7f.0x1 nor 2130706433 is a name, although
# the resolver takes each of them for an address.
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_TARGET = re.compile(r"[!-~]*")  # printable ASCII without a space
# Addresses that stand for an IPv4 address, which a relay on the way would reach.
_CARRIERS = (
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4, RFC 3056
)
_TEREDO = ipaddress.ip_network("2001::/32")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """`host` is the name that a certificate must be for; `target` is path and query."""

    host: str
    port: int
    target: str
    is_tls: bool = True

    @classmethod
    def parse(cls, text: str, *, loopback: bool = False) -> "WebhookUrl":
        """Raises WebhookUrlInvalid. With `loopback`, which only the local stage allows, http to this machine too."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise WebhookUrlInvalid from None
        target = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        if len(text) > LONGEST_URL or not _TARGET.fullmatch(text) or "\\" in text or "#" in text or "@" in parts.netloc:
            raise WebhookUrlInvalid
        if not target.startswith("/"):
            target = "/" + target
        if loopback and parts.hostname in LOOPBACK_NAMES and parts.scheme in ("http", "https"):
            is_tls = parts.scheme == "https"
            return cls(parts.hostname, port or (HTTPS_PORT if is_tls else 80), target, is_tls)
        return cls(_public_name(parts), _https_port(parts.scheme, port), target)

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK_NAMES


def _public_name(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not _HOST.fullmatch(host):
        raise WebhookUrlInvalid("A webhook URL must name a public host, as in https://hooks.example.com/pinbill.")
    return host


def _https_port(scheme: str, port: int | None) -> int:
    if scheme != "https":
        raise WebhookUrlInvalid("A webhook URL must begin with https://.")
    if port not in (None, HTTPS_PORT):
        raise WebhookUrlInvalid("A webhook URL must be served at port 443.")
    return HTTPS_PORT


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, whatever form it is written in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # also one with a zone, which is of a link
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or _carried(found)
        if inner is not None:
            return is_public(str(inner))
        if found in _TEREDO or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    for network, shift in _CARRIERS:
        if address in network:
            return ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
