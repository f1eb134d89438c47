"""Subscriptions, their journal and charges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinbill.domain.change import Change
    from pinbill.domain.charges import Charge
    from pinbill.domain.journal import Entry
    from pinbill.domain.msisdn import Msisdn
    from pinbill.domain.repeats import Remembered
    from pinbill.domain.subscription import Subscription
    from pinbill.usecases.calls import Identity


class StaleVersion(Exception):
    """The stored subscription is not the one that was changed; `current` is."""

    def __init__(self, current: Subscription) -> None:
        super().__init__("stale version")
        self.current = current


class ChargeExists(Exception):
    """The charge is not as the change found it: a new one's key is in use, or another repeat has tried it again."""


class AlreadyRemembered(Exception):
    """What is remembered of the request is not as the change found it: another one with its key was first."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some rows of a listing; `cursor` continues it and is None at its end."""

    rows: Sequence[T]
    cursor: str | None = None


class Store(Protocol):
    """Subscriptions, their journal and charges. Reads are consistent. Raises StoreUnavailable, and writes then change
    all or nothing: a write that was applied although its answer was lost is reported as applied."""

    def subscription(self, partner: str, id: str) -> Subscription:
        """Raises SubscriptionNotFound, also for another partner's."""
        ...

    def identity(self, subscription: Subscription) -> Identity:
        """Its number and mandate in the clear.

        Raises SubscriberErased; IdentityUnreadable for what no key opens, and StoreUnavailable also while the keys
        cannot be had. So it is asked for before anything is claimed or counted."""
        ...

    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        """The identities of these subscriptions, by partner and id, are about to be asked for. Raises nothing."""
        ...

    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        """Store a new subscription and the request for it, and return it sealed, with the fingerprints that find it.

        Raises AlreadyRemembered before all else; SubscriptionExists (this number and plan) or MandateInUse, each naming
        the subscription that has it. A mandate is free again MANDATE_REST after its last payment is known."""
        ...

    def commit(self, change: Change) -> None:
        """Write the change as a whole.

        Raises StaleVersion when somebody else wrote first; else ChargeExists or AlreadyRemembered when the charge, or
        what is remembered of the request, is not as it was read.
        """
        ...

    def charge(self, partner: str, id: str, key: str) -> Charge | None: ...

    def remembered(self, partner: str, id: str | None, key: str) -> Remembered | None:
        """The request of this key about a subscription; without an id, the one for a new subscription."""
        ...

    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        """Entries newest first. Raises CursorInvalid."""
        ...

    def with_number(self, partner: str, msisdn: Msisdn) -> Sequence[str]:
        """Ids of the partner's live subscriptions of this number."""
        ...

    def with_mandate(self, partner: str, reference: str) -> str | None:
        """Id of the partner's subscription that this mandate pays for, or paid for last."""
        ...
