"""What is written down of an actor's steps: where a deviation could happen, and what it was told is stopped."""

from dataclasses import dataclass
from datetime import datetime

from tests.simulation.faults import Port


@dataclass(frozen=True, slots=True)
class Look:
    """`at` this time an actor was told what stood at this tick."""

    tick: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A step that was taken: where a deviation could happen. Our clock had been `asked` so often before."""

    at: int
    port: Port
    actor: int
    asked: int
    others: tuple[int, ...]  # actors that could have gone on instead
