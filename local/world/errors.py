"""What can go wrong while the local world starts, in words for the person who started it."""

from __future__ import annotations

from pathlib import Path

_TAIL_LINES = 20


class WorldError(Exception):
    """The local world could not start or answer; the message says what to do or where to look."""


def with_log_tail(message: str, log: Path) -> WorldError:
    """Return an error that ends with the last lines of a log and its path."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if log.exists() else []
    return WorldError("\n".join([message, *(f"  | {line}" for line in lines), f"  full log: {log}"]))
