"""Pages of the documentation as a reader types them: lines of their `sh` blocks, and what each is said to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One line of a page, and what its answer must hold: a text for each comment, where `…` stands for anything."""

    line: str
    wanted: tuple[str, ...]

    def is_missing(self, answer: str) -> list[str]:
        """What of it is in no line of the answer. Columns may be as wide as they like."""
        lines = [_narrow(line) for line in answer.splitlines()]
        patterns = {wanted: ".*".join(map(re.escape, _narrow(wanted).split("…"))) for wanted in self.wanted}
        return [wanted for wanted, like in patterns.items() if not any(re.search(like, line) for line in lines)]


def blocks_of(text: str) -> Iterator[list[Call]]:
    """The `sh` blocks, line by line; the comments below a line are parts of its answer."""
    for block in BLOCK.findall(text):
        calls: list[Call] = []
        for line in block.splitlines():
            if line.startswith("# "):
                calls[-1] = Call(calls[-1].line, (*calls[-1].wanted, line.removeprefix("# ").strip()))
            else:
                calls.append(Call(line, ()))
        yield calls


def calls_of(text: str) -> Iterator[Call]:
    """All of them, one after the other."""
    for block in blocks_of(text):
        yield from block


def section(text: str, heading: str) -> str:
    """What stands below a heading of the third level, up to the next."""
    return text.split(f"\n### {heading}\n")[1].split("\n### ", maxsplit=1)[0].split("\n## ", maxsplit=1)[0]


def _narrow(text: str) -> str:
    return " ".join(text.split())
