"""A campaign: parts searched by several processes, with progress, and resumed where it was interrupted."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.parts import Part, search
from tests.simulation.tally import Tally

HOME = Path(__file__).parents[2]
SOURCES = ("layers/common/pinbill", "tests/simulation", "tests/fakes")
KEPT = HOME / ".local"
EVERY = 5.0  # seconds between two lines of progress

type Say = Callable[[str], None]
type Search = Callable[[Part], Tally]


@dataclass(slots=True)
class Campaign:
    """`most_found` violations end it. What was done is kept in `state`, for the same code only; None keeps nothing."""

    parts: Sequence[Part]
    processes: int = 2
    most_found: int = 3
    seconds: float | None = None
    state: Path | None = None
    say: Say = lambda text: None
    total: Tally = field(default_factory=Tally)
    done: set[str] = field(default_factory=set)
    wall: float = 0.0
    _of: str = ""

    def run(self) -> Tally:
        """Search all parts that are not done yet; returns the tally of all."""
        self._of = fingerprint([part.name for part in self.parts]) if self.state else ""
        self._resume()
        began, before = time.monotonic(), self.wall
        said = began
        left = [part for part in self.parts if part.name not in self.done]
        with _searching(left, self.processes) as results:
            for part, tally in results:
                self.total.add(tally)
                for found in tally.found:
                    self.say(f"VIOLATION {found.invariant}: {found.detail}\n  {found.command}")
                self.done.add(part.name)
                now = time.monotonic()
                self.wall = before + now - began
                if now - said >= EVERY:
                    said = now
                    self.say(self.progress())
                    self._save()
                if len(self.total.found) >= self.most_found or (self.seconds and now - began > self.seconds):
                    break
        self.wall = before + time.monotonic() - began
        self._save()
        return self.total

    @property
    def complete(self) -> bool:
        return len(self.done) == len(self.parts)

    @property
    def rate(self) -> float:
        """Billing cycles a second, of all processes together."""
        return self.total.cycles / self.wall if self.wall else 0.0

    def progress(self) -> str:
        return (
            f"{len(self.done):>5} of {len(self.parts)} parts, {self.total.schedules:>9,} schedules, "
            f"{self.total.cycles:>9,} cycles, {self.rate:>6,.0f} cycles/s, {len(self.total.found)} violations"
        )

    def _resume(self) -> None:
        if self.state is None or not self.state.exists():
            return
        kept = json.loads(self.state.read_text())
        if kept["of"] != self._of:
            return  # other parts, or other code
        self.total, self.done, self.wall = Tally.from_json(kept["tally"]), set(kept["done"]), kept["wall"]
        self.say(f"  goes on after {self.progress().strip()}")

    def _save(self) -> None:
        if self.state is None:
            return
        self.state.parent.mkdir(parents=True, exist_ok=True)
        kept = {"of": self._of, "wall": self.wall, "done": sorted(self.done), "tally": self.total.as_json()}
        written = self.state.with_suffix(".new")
        written.write_text(json.dumps(kept))
        written.replace(self.state)


def fingerprint(names: Iterable[str]) -> str:
    """What a kept state is of: these parts, of the code as it is."""
    digest = hashlib.sha256("\n".join(names).encode())
    for folder in SOURCES:
        for path in sorted((HOME / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _searching(parts: Sequence[Part], processes: int) -> Iterator[Iterable[tuple[Part, Tally]]]:
    """Results as they come; what is still under way when the context ends is given up."""
    if processes == 1:
        yield ((part, search(part)) for part in parts)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield pool.imap_unordered(_search, parts)


def _search(part: Part) -> tuple[Part, Tally]:
    return part, search(part)
