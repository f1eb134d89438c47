"""When it is, and new ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...


class Ids(Protocol):
    def subscription(self) -> str:
        """A new subscription id: letters and digits, at most 26, so that it fits into a provider's reference."""
        ...

    def owner(self) -> str:
        """A token that no other process has."""
        ...
