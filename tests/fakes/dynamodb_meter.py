"""What a request did to the rows of the in-memory DynamoDB, told to who counts or keeps a history."""

from collections.abc import Sequence
from typing import Protocol

from tests.fakes.dynamodb_expressions import Item
from tests.fakes.dynamodb_writes import Write


class Meter(Protocol):
    """Is told of every request that reaches the table, whatever it comes to; items are in wire form."""

    def read(self, rows: Sequence[Item], index: str | None, *, consistent: bool) -> None:
        """One reading looked at these rows, as they are in the table or in the index."""
        ...

    def read_batch(self, rows: Sequence[Item]) -> None:
        """Each of these rows was read for itself, not consistently; an empty one for each that is not there."""
        ...

    def write(self, writes: Sequence[Write], *, together: bool, applied: bool) -> None:
        """Told before the writes take effect, or where a condition refused them; `together` is a transaction."""
        ...

    def repeat(self, rows: Sequence[Item]) -> None:
        """A transaction came again under its token; these are the rows that it would write."""
        ...
