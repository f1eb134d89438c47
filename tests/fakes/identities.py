"""Numbers and mandates kept in the clear, as before there were keys: for tests of what is not about them."""

from collections.abc import Sequence
from typing import override

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.sealed import Sealed
from pinbill.domain.subscription import Subscription
from pinbill.store.data_keys import Place
from pinbill.store.identities import Identities, fingerprinted
from pinbill.store.numbers import Numbers
from pinbill.store.table import Put
from pinbill.usecases.calls import Identity


def in_the_clear(subscription: Subscription) -> Identity:
    """Of a subscription that is not sealed."""
    number, mandate = subscription.msisdn, subscription.mandate.reference if subscription.mandate else None
    assert isinstance(number, Msisdn)
    assert not isinstance(mandate, Sealed)
    return Identity(number, mandate)


class PlainIdentities(Identities):
    def __init__(self, numbers: Numbers | None = None) -> None:
        self.numbers = numbers or Numbers(lambda: b"a key for tests")

    @override
    def seal(self, subscription: Subscription) -> tuple[Subscription, Sequence[Put]]:
        return fingerprinted(subscription, self.numbers), []

    @override
    def open(self, subscription: Subscription) -> Identity:
        return in_the_clear(subscription)

    @override
    def expect(self, places: Sequence[Place]) -> None:
        pass
