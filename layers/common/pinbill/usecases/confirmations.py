"""What a confirm is told and what it comes to, at once or when it is repeated."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from pinbill.domain import consent
from pinbill.domain.attempts import Attempt, FailureClass
from pinbill.domain.consent import Consent
from pinbill.domain.rails import LEASE
from pinbill.domain.repeats import Keyed, Outcome, Remembered
from pinbill.domain.subscription import Subscription
from pinbill.errors import PinWrong, RequestInProgress
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import KEEPS, attempt_of, earlier, raise_refused


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The subscription after the confirm, and the first bill's attempt; no attempt in a free period."""

    subscription: Subscription
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the partner says of the second stage of the user's consent, and by which key it says so."""

    consent: Consent | None = None
    key: str = ""

    @property
    def said(self) -> Mapping[str, str | int]:
        """For the journal; nothing where nothing was shown."""
        return consent.detail(self.consent, self.key) if self.consent else {}


NOTHING_SAID = Agreed()


def become(store: Store, clock: Clock, subscription: Subscription, found: Remembered) -> Confirmed | None:
    """What has become of an earlier request with this key; None when nothing has, so that it is to be done."""
    raise_refused(found)
    now_is = store.subscription(subscription.partner, subscription.id)
    if found.attempt:
        attempt = attempt_of(store, now_is, found.attempt)
        if attempt is None or attempt.took_nothing:
            return None
        if attempt.failure is FailureClass.PIN:
            raise PinWrong(KEEPS + PinWrong.message)
        return Confirmed(now_is, attempt)
    if found.outcome is Outcome.UNDER_WAY and clock.now() < found.at + LEASE:
        raise RequestInProgress
    return Confirmed(now_is, None) if found.outcome is Outcome.DONE else None


def meanwhile(
    store: Store, clock: Clock, subscription: Subscription, request: Keyed | None, found: Remembered | None
) -> Confirmed | None:
    """What another request with this key has done since this one has `found` nothing; or this one, unheard."""
    now_is = earlier(store, subscription.partner, subscription.id, request)
    if now_is is None or now_is == found or now_is.outcome is not Outcome.DONE:
        return None
    with suppress(PinWrong):  # this one's own: it was raised already
        return become(store, clock, subscription, now_is)
    return None
