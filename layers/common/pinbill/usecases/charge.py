"""Charge a subscription on demand: once per Idempotency-Key, for ever."""

import hashlib
import json
from dataclasses import dataclass

from pinbill.domain.catalog import Terms
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_charge, reclaim_charge
from pinbill.domain.money import Money
from pinbill.domain.receipts import under
from pinbill.domain.repeats import LONGEST_KEY
from pinbill.domain.subscription import Subscription
from pinbill.errors import AttemptOpen, CurrencyMismatch, IdempotencyKeyRequired, IdempotencyKeyReused
from pinbill.usecases.answers import raise_if_not_asked
from pinbill.usecases.mandates import check_mandate
from pinbill.usecases.payments import Claim, Payments
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import ChargeExists, Store


@dataclass(frozen=True, slots=True)
class ChargeCommand:
    partner: str
    subscription_id: str
    idempotency_key: str | None
    amount: Money
    description: str


@dataclass(frozen=True, slots=True)
class Charged:
    """The charge as it now stands, and the subscription it belongs to."""

    subscription: Subscription
    charge: Charge


@dataclass(frozen=True, slots=True)
class ChargeNow:
    store: Store
    catalog: Catalog
    payments: Payments

    def __call__(self, command: ChargeCommand) -> Charged:
        """A repeat of a key answers what became of it and charges nothing; another body under it is refused.

        A charge that was proved not sent, not charged, or refused to us as a client is tried again by its repeat.
        """
        key, body = _key(command), _body(command)
        subscription = self.store.subscription(command.partner, command.subscription_id)
        earlier = self.store.charge(command.partner, command.subscription_id, key)
        if earlier:
            if earlier.body != body:
                raise IdempotencyKeyReused
            if not earlier.attempt.took_nothing:
                return Charged(subscription, earlier)
        if command.amount.currency != subscription.price.currency:
            raise CurrencyMismatch
        if subscription.mandate:
            check_mandate(subscription.mandate, command.amount)
        plan = self.catalog.plan(command.partner, subscription.plan_id)
        service = self.catalog.service(command.partner, subscription.service_id)
        try:
            claim = _claim(command, key, body, earlier, under(plan.terms, service))
            taken = self.payments.take(subscription, claim, plan, service, command.description)
        except (AttemptOpen, ChargeExists):
            # The same key may have been claimed by a parallel request: then that one's outcome is the answer.
            return self._answer_of_other(command, key, body, earlier)
        raise_if_not_asked(taken.attempt, taken.result.retry_after)
        assert taken.charge is not None  # the claim was one of a charge
        return Charged(taken.subscription, taken.charge)

    def _answer_of_other(self, command: ChargeCommand, key: str, body: str, earlier: Charge | None) -> Charged:
        charge = self.store.charge(command.partner, command.subscription_id, key)
        if charge is None or charge == earlier:
            raise AttemptOpen
        if charge.body != body:
            raise IdempotencyKeyReused
        return Charged(self.store.subscription(command.partner, command.subscription_id), charge)


def _claim(command: ChargeCommand, key: str, body: str, earlier: Charge | None, terms: Terms) -> Claim:
    if earlier:
        return lambda current, owner, now: reclaim_charge(current, earlier, owner, now, terms)
    amount, description = command.amount, command.description
    return lambda current, owner, now: claim_charge(current, key, body, amount, description, owner, now, terms)


def _key(command: ChargeCommand) -> str:
    if not command.idempotency_key or len(command.idempotency_key) > LONGEST_KEY:
        raise IdempotencyKeyRequired
    return hashlib.sha256(command.idempotency_key.encode()).hexdigest()


def _body(command: ChargeCommand) -> str:
    content = [command.amount.minor, command.amount.currency, command.description]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
