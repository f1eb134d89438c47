"""From a host's name to the address that is called: looked up once, every answer checked, and none looked up again."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pinbill.domain.webhook_urls import is_public

KEPT_SECONDS = 10.0  # of an address that was checked: a batch asks once
MOST_KEPT = 500

type LookUp = Callable[[str, int], Sequence[str]]
"""All addresses of a host. Raises OSError."""


class AddressRefused(Exception):
    """The name stands for an address that must not be called."""


@dataclass(frozen=True, slots=True)
class _Kept:
    address: str
    until: float


def system_look_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class AddressBook:
    """`may_call` judges every address of a name: one bad one among good ones spoils them all."""

    def __init__(
        self,
        look_up: LookUp = system_look_up,
        may_call: Callable[[str], bool] = is_public,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._may_call = may_call
        self._steady = steady
        self._kept: dict[tuple[str, int], _Kept] = {}

    def address(self, host: str, port: int) -> str:
        """Raises AddressRefused; OSError where there is none."""
        now, kept = self._steady(), self._kept.get((host, port))
        if kept and now < kept.until:
            return kept.address
        found = self._look_up(host, port)
        if not found:
            raise OSError("the name has no address")
        if not all(map(self._may_call, found)):
            raise AddressRefused
        # Functions reach the internet by IPv4; where there is none, an IPv6 address is as good as any.
        address = next((each for each in found if ":" not in each), found[0])
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[host, port] = _Kept(address, now + KEPT_SECONDS)
        return address
