"""What is asked of a provider, and what a call that moves no money comes to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pinbill.domain.attempts import FailureClass, PinVerdict
from pinbill.domain.catalog import Service
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.periods import Recurrence
from pinbill.domain.subscription import Subscription


class Answer(StrEnum):
    """What a provider call that moves no money came to."""

    DONE = "done"
    REJECTED = "rejected"  # the provider said no to this user: PIN, number, bar
    REFUSED = "refused"  # the provider said no to us: key, product, request
    BUSY = "busy"  # slow down
    NOT_SENT = "not_sent"
    UNCLEAR = "unclear"  # no answer, or none that can be read


@dataclass(frozen=True, slots=True)
class CallResult:
    answer: Answer
    code: str | None = None
    meaning: str = ""
    failure: FailureClass | None = None
    pin: PinVerdict | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a subscription's user is, in the clear: opened for a call, and kept nowhere. `mandate` is its reference."""

    msisdn: Msisdn
    mandate: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom a provider call is about. `network` is (MCC, MNC), `mandate` the reference of the one that pays."""

    service: Service
    msisdn: Msisdn
    network: tuple[str, str] | None = None
    mandate: str | None = field(default=None, repr=False)


def subscriber_of(subscription: Subscription, identity: Identity, service: Service) -> Subscriber:
    return Subscriber(service, identity.msisdn, subscription.network, identity.mandate)


@dataclass(frozen=True, slots=True)
class PinOrder:
    subscriber: Subscriber
    price: Money
    recurrence: Recurrence
    description: str
    reference: str


@dataclass(frozen=True, slots=True)
class PinCheck:
    subscriber: Subscriber
    reference: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BillOrder:
    """One bill. `reference` is the attempt's id and travels with it; with `pin` it is the first bill."""

    subscriber: Subscriber
    amount: Money
    description: str
    reference: str
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PaymentQuery:
    """Which payment is looked for: by the provider's id, or else by amount and time among all of the mandate."""

    subscriber: Subscriber
    amount: Money
    claimed_at: datetime
    provider_reference: str | None
    known: frozenset[str] = frozenset()  # provider ids of other attempts
