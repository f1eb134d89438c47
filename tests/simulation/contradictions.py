"""Debits that were answered as declined: until the callback says so, nobody on our side can know of them."""


class Contradictions:
    """`reported` is when (by the scheduler's ticks) a callback that says paid was taken in, of every reference."""

    def __init__(self) -> None:
        self.answered_declined: set[str] = set()
        self.reported: dict[str, int] = {}

    def hidden(self, reference: str, at: int | None = None) -> bool:
        """Whether this debit was not known at that tick, or is not known yet."""
        if reference not in self.answered_declined:
            return False
        reported = self.reported.get(reference)
        return reported is None or (at is not None and reported > at)

    def snapshot(self) -> object:
        return frozenset(self.answered_declined), dict(self.reported)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, tuple)
        self.answered_declined, self.reported = set(snapshot[0]), dict(snapshot[1])
