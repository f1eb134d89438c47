"""Change a subscription under optimistic concurrency: decide on what is stored, write, and decide anew if it moved."""

from collections.abc import Callable

from pinbill.domain.change import Change
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange
from pinbill.usecases.ports.store import StaleVersion, Store

ROUNDS = 8


def always() -> bool:
    """For callers without a deadline: there is always time to hear a provider's answer."""
    return True


def change(
    store: Store, subscription: Subscription, decide: Callable[[Subscription], Change | None], rounds: int = ROUNDS
) -> Subscription:
    """Write what `decide` makes of the subscription; it must be pure, may raise to refuse, and None changes nothing.

    Returns the subscription as it then stands. Raises ConcurrentChange when others keep writing.
    """
    for _ in range(rounds):
        decided = decide(subscription)
        if decided is None:
            return subscription
        try:
            store.commit(decided)
        except StaleVersion as stale:
            subscription = stale.current
        else:
            return decided.after
    raise ConcurrentChange
