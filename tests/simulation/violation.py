"""What the simulation looks for."""

from collections.abc import Callable

from pinbill.domain.subscription import Subscription


class Violation(BaseException):
    """An invariant does not hold. No Exception: the code under test catches those, where one failure must not keep
    others from being heard."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


def demand(holds: bool, invariant: str, of: Subscription | str, detail: str | Callable[[], str]) -> None:
    """Raises Violation unless it holds; `of` is a subscription, or a reference. What takes long to say is a function:
    nearly everything holds."""
    if not holds:
        name = of if isinstance(of, str) else f"{of.id} ({of.state})"
        raise Violation(invariant, f"{name}: {detail if isinstance(detail, str) else detail()}")
