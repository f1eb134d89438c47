"""Erasing a person: what must be over before, and what becomes of the subscription. Its ledger stays as it is."""

from collections.abc import Iterator

from pinbill.domain.activity import OWED
from pinbill.domain.change import Change
from pinbill.domain.records import changed
from pinbill.domain.sealed import ERASED
from pinbill.domain.subscription import Activity, Subscription, Timer


def obstacles(subscription: Subscription, *, untold: bool = False) -> Iterator[str]:
    """Why it cannot be erased yet, for people; nothing when it can. `untold`: its provider need not hear of it."""
    if subscription.is_live:
        yield f"it is {subscription.state}: it must be ended first"
    attempt = subscription.open_attempt
    if attempt is not None:
        yield f"nobody knows yet whether {attempt.id} took {attempt.amount}: wait, or decide it"
    if subscription.activity in OWED and not untold:
        yield "the provider does not know yet that it has ended: the worker tells it within minutes"


def erase(subscription: Subscription) -> Change:
    """Nothing of it says any more whose it was, and its provider is told nothing. It must have no other obstacles."""
    assert not list(obstacles(subscription, untold=True))
    mandate = subscription.mandate and changed(subscription.mandate, reference=ERASED, fingerprint="")
    bare = Change.of(subscription).set(msisdn=ERASED, fingerprint="", mandate=mandate, network=None, pin=None)
    if subscription.activity in OWED:
        bare = bare.set(activity=Activity.NONE, activity_tries=0)
    return bare.timers({Timer.ACTIVITY: None})
