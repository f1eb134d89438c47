"""What the simulation looks for."""

from pinbill.domain.subscription import Subscription


class Violation(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


def demand(holds: bool, invariant: str, of: Subscription | str, detail: str) -> None:
    """Raises Violation unless it holds; `of` is a subscription, or a reference."""
    if not holds:
        name = of if isinstance(of, str) else f"{of.id} ({of.state})"
        raise Violation(invariant, f"{name}: {detail}")
