"""How a command prints rows: in columns, as wide as what stands in them."""

from collections.abc import Iterator, Sequence

type Row = Sequence[str]


def columns(headings: Row, rows: Sequence[Row]) -> Iterator[str]:
    """One line for the headings and one for each row; every row has a cell for each heading."""
    lines = [headings, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
