"""How a subscription's number and mandate are kept: found by keyed hashes, read by the subscription's own key."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, override

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.sealed import Sealed
from pinbill.domain.subscription import Subscription
from pinbill.errors import SubscriberErased
from pinbill.store.data_keys import DataKeys, Place
from pinbill.store.numbers import Numbers
from pinbill.store.sealing import seal, unseal
from pinbill.store.table import Put
from pinbill.usecases.calls import Identity

NUMBER, MANDATE = "msisdn", "mandate"
NUMBER_BYTES = 8  # of every number: its length does not show


class Identities(Protocol):
    """Raises StoreUnavailable while keys cannot be had."""

    numbers: Numbers

    def seal(self, subscription: Subscription) -> tuple[Subscription, Sequence[Put]]:
        """A new subscription with its fingerprints and nothing in the clear, and what is to be written with it."""
        ...

    def open(self, subscription: Subscription) -> Identity:
        """Raises SubscriberErased, IdentityUnreadable."""
        ...

    def expect(self, places: Sequence[Place]) -> None: ...


class SealedIdentities(Identities):
    """The keys are fetched at the first use: a function that opens nothing is given none."""

    def __init__(self, numbers: Numbers, data_keys: Callable[[], DataKeys]) -> None:
        self.numbers = numbers
        self._data_keys = data_keys

    @override
    def seal(self, subscription: Subscription) -> tuple[Subscription, Sequence[Put]]:
        found = fingerprinted(subscription, self.numbers)
        fresh = self._data_keys().fresh((found.partner, found.id), found.fingerprint)
        return sealed(found, fresh.key), [fresh.row]

    @override
    def open(self, subscription: Subscription) -> Identity:
        mandate = subscription.mandate.reference if subscription.mandate else None
        if isinstance(subscription.msisdn, Msisdn) and not isinstance(mandate, Sealed):
            return Identity(subscription.msisdn, mandate)  # stored before there were keys
        if isinstance(subscription.msisdn, Sealed) and subscription.msisdn.is_erased:
            raise SubscriberErased
        key = self._data_keys().key((subscription.partner, subscription.id))
        return opened(subscription, key)

    @override
    def expect(self, places: Sequence[Place]) -> None:
        if places:
            self._data_keys().expect(places)


def fingerprinted(subscription: Subscription, numbers: Numbers) -> Subscription:
    """With what finds its number and mandate, both of which it must have in the clear."""
    number, mandate = subscription.msisdn, subscription.mandate
    assert isinstance(number, Msisdn)
    if mandate is not None:
        assert isinstance(mandate.reference, str)
        mandate = replace(mandate, fingerprint=numbers.of_mandate(mandate.reference))
    return replace(subscription, fingerprint=numbers.fingerprint(number), mandate=mandate)


def sealed(subscription: Subscription, key: bytes) -> Subscription:
    """What is in the clear is sealed by this key."""
    number, mandate = subscription.msisdn, subscription.mandate
    if isinstance(number, Msisdn):
        plain = int(number.digits).to_bytes(NUMBER_BYTES)
        number = Sealed(number.masked, seal(key, plain, _place(subscription, NUMBER)))
    if mandate is not None and isinstance(mandate.reference, str):
        kept = seal(key, mandate.reference.encode(), _place(subscription, MANDATE))
        mandate = replace(mandate, reference=Sealed(mandate.masked, kept))
    return replace(subscription, msisdn=number, mandate=mandate)


def opened(subscription: Subscription, key: bytes) -> Identity:
    """Raises IdentityUnreadable."""
    number, mandate = subscription.msisdn, subscription.mandate.reference if subscription.mandate else None
    if isinstance(number, Sealed):
        number = Msisdn(f"+{int.from_bytes(unseal(key, number.kept, _place(subscription, NUMBER)))}")
    if isinstance(mandate, Sealed):
        mandate = unseal(key, mandate.kept, _place(subscription, MANDATE)).decode()
    return Identity(number, mandate)


def _place(subscription: Subscription, field: str) -> str:
    return f"{subscription.partner}#{subscription.id}#{field}"
