"""Reads the tables of docs/errors.md, for tests that hold the page and the code together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "errors.md"
CODES, BAD_INPUT, TROUBLE = "## Codes", "## Bad input", "## Trouble on the other side"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A row of the table of codes."""

    code: str
    status: int
    retryable: bool
    next_step: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row of the table of bad input or of trouble: what happens, where, and what is answered."""

    what: str
    operation: str
    status: int
    code: str
    left: str

    @property
    def leaves_nothing(self) -> bool:
        return self.left == "nothing"


def code_rows() -> list[CodeRow]:
    rows = _rows(CODES)
    return [CodeRow(_code(row[0]), int(row[1]), {"yes": True, "no": False}[row[2]], row[4]) for row in rows]


def case_rows(section: str) -> list[CaseRow]:
    return [CaseRow(row[0], row[1], int(row[2]), _code(row[3]), row[4]) for row in _rows(section)]


def trouble(what: str) -> CaseRow:
    """Return the row of the table of trouble that says so."""
    return next(row for row in case_rows(TROUBLE) if row.what == what)


def _code(cell: str) -> str:
    assert cell.startswith("`")
    assert cell.endswith("`")
    return cell.strip("`")


def _rows(section: str) -> list[list[str]]:
    """The cells of the table below a heading, without its two heads."""
    lines = PAGE.read_text().splitlines()
    below = lines[lines.index(section) + 1 :]
    end = next((at for at, line in enumerate(below) if line.startswith("## ")), len(below))
    table = [line for line in below[:end] if line.startswith("|")]
    assert len(table) > 2
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
