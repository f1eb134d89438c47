"""Personal texts of which the domain sees no more than a mask: what stands in their place opens in the store only."""

from dataclasses import dataclass
from typing import override

MASK = "*"


def mask(text: str, start: int, end: int) -> str:
    """The first `start` and the last `end` characters, and a star for each between; only stars of a text too short."""
    hidden = len(text) - start - end
    return text[:start] + MASK * hidden + text[-end:] if hidden > 0 else MASK * len(text)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A text that is encrypted under the subscription's own key; `masked` may be shown."""

    masked: str
    kept: bytes

    @property
    def is_erased(self) -> bool:
        return not self.kept

    @override
    def __str__(self) -> str:
        return self.masked

    @override
    def __repr__(self) -> str:
        return f"Sealed({self.masked})"


ERASED = Sealed("erased", b"")
