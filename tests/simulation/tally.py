"""What was searched: counts that add up over parts and processes, and the violations found."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.simulation.faults import EVERY_KIND


@dataclass(frozen=True, slots=True)
class Found:
    """A violation: the story in which it happened, and the shortest one that still violates the same invariant."""

    invariant: str
    detail: str
    story: str
    shrunk: str

    @property
    def command(self) -> str:
        return f"make simulate REPLAY='{self.shrunk}'"


@dataclass(slots=True)
class Tally:
    cycles: int = 0
    schedules: int = 0  # of the exhaustive search
    stories: int = 0  # of the random one
    cpu: float = 0.0  # seconds of all processes
    injected: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.cycles += other.cycles
        self.schedules += other.schedules
        self.stories += other.stories
        self.cpu += other.cpu
        self.injected += other.injected
        self.found += other.found

    @property
    def never_injected(self) -> list[str]:
        return [str(kind) for kind in EVERY_KIND if not self.injected[str(kind)]]

    def as_json(self) -> dict[str, Any]:
        found = [asdict(each) for each in self.found]
        counts = {name: getattr(self, name) for name in ("cycles", "schedules", "stories", "cpu")}
        return {**counts, "injected": dict(self.injected), "found": found}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Tally":
        found = [Found(**each) for each in given["found"]]
        return cls(**{**given, "injected": Counter(given["injected"]), "found": found})

    def table(self) -> str:
        """Deviations injected, by kind."""
        rows = [f"{kind!s:<18}{self.injected[str(kind)]:>12,}" for kind in EVERY_KIND]
        half = -(-len(rows) // 2)
        columns = zip(rows[:half], [*rows[half:], *[""] * (2 * half - len(rows))], strict=True)
        return "\n".join(f"  {left}    {right}".rstrip() for left, right in columns)
