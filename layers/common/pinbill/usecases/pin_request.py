"""Subscribe a number: create the pending subscription and let the provider send the PIN; or send another PIN."""

from dataclasses import dataclass, field

from pinbill.domain import consent
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.consent import Consent, Stage
from pinbill.domain.ending import fail_start
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import RULES
from pinbill.domain.starting import new_pin, pin_delivered, subscribe
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Mandate, Subscription
from pinbill.errors import (
    AmountOverMandate,
    CountryNotSold,
    CurrencyMismatch,
    MandateNotAllowed,
    MandateRequired,
    NetworkRequired,
    PinbillError,
    PinNotAllowed,
    PlanNotFound,
)
from pinbill.usecases.answers import error_of
from pinbill.usecases.calls import Answer, Identity, PinOrder, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.pin_guard import Asker, PinGuard
from pinbill.usecases.ports import Catalog, Clock, Ids, PhoneRail, Store


@dataclass(frozen=True, slots=True)
class Subscribe:
    partner: str
    plan: str
    msisdn: Msisdn = field(repr=False)
    network: tuple[str, str] | None = None  # MCC, MNC
    mandate: Mandate | None = None
    consent: Consent | None = None
    key: str = ""  # by which the partner asks, for the record
    address: str | None = field(default=None, repr=False)  # the user's IP


@dataclass(frozen=True, slots=True)
class PinRequest:
    store: Store
    catalog: Catalog
    phone: PhoneRail
    clock: Clock
    ids: Ids
    guard: PinGuard

    def subscribe(self, command: Subscribe) -> Subscription:
        """A new pending subscription; on a phone bill its PIN is on the way (or `pin.delivery` is unknown).

        Raises SmsLimited before anything is written when the guards let no SMS out. When the PIN was certainly not
        sent, the subscription has ended, the number is free, and the error is raised.
        """
        plan = self.catalog.plan(command.partner, command.plan)
        if plan.retired:
            raise PlanNotFound
        service = self.catalog.service(command.partner, plan.service_id)
        _check_means_to_pay(command, plan, service)
        if not plan.is_sold_to(command.msisdn):
            raise CountryNotSold
        now = self.clock.now()
        consent.check(plan.consent, Stage.REQUEST, command.consent, plan.price, now)
        subscription, entry = subscribe(
            self.ids.subscription(),
            plan,
            service,
            command.msisdn,
            command.network,
            command.mandate,
            now,
            consent.detail(command.consent, command.key),
        )
        if not subscription.pin:
            return self.store.create(subscription, entry)
        asker = Asker(command.partner, service.id, command.msisdn, command.address)
        self.guard.send(asker)
        try:
            created = self.store.create(subscription, entry)
        except PinbillError:
            self.guard.unsend(asker)
            raise
        return self._send(created, asker, plan, service, first=True)

    def resend(self, partner: str, subscription_id: str, address: str | None = None) -> Subscription:
        """Send a new PIN to a pending subscription; the old one is void. `address` is the user's IP."""
        subscription = self.store.subscription(partner, subscription_id)
        if not RULES[subscription.rail].has_pin:
            raise PinNotAllowed
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        identity, now = self.store.identity(subscription), self.clock.now()
        new_pin(subscription, service.pin, now)  # what is refused for itself counts as no SMS
        asker = Asker(partner, service.id, identity.msisdn, address)
        self.guard.send(asker)
        try:
            counted = change(self.store, subscription, lambda current: new_pin(current, service.pin, now))
        except PinbillError:
            self.guard.unsend(asker)
            raise
        return self._send(counted, asker, plan, service, first=False)

    def _send(
        self, subscription: Subscription, asker: Asker, plan: Plan, service: Service, *, first: bool
    ) -> Subscription:
        order = PinOrder(
            subscriber_of(subscription, Identity(asker.msisdn), service),
            subscription.price,
            subscription.recurrence,
            plan.name,
            subscription.id,
        )
        result = self.phone.send_pin(order)
        if result.answer is Answer.DONE:
            return change(
                self.store,
                subscription,
                lambda now_is: pin_delivered(now_is, Delivery.SENT) if now_is.state is State.PENDING else None,
            )
        if result.answer is Answer.UNCLEAR:
            return subscription  # the SMS may have gone out: the user can confirm, or ask again
        if result.answer is not Answer.REJECTED:  # a number that takes no SMS is a mark of pumping too
            self.guard.unsend(asker)
        if first:
            now = self.clock.now()
            change(
                self.store,
                subscription,
                lambda now_is: fail_start(now_is, "pin_not_sent", now) if now_is.state is State.PENDING else None,
            )
        raise error_of(result)


def _check_means_to_pay(command: Subscribe, plan: Plan, service: Service) -> None:
    if RULES[service.rail].has_pin:
        if command.mandate:
            raise MandateNotAllowed
        if not command.network:
            raise NetworkRequired
        return
    if not command.mandate:
        raise MandateRequired
    check_mandate(command.mandate, plan.price)


def check_mandate(mandate: Mandate, amount: Money) -> None:
    """Refuse what the mandate does not cover; the bank would refuse it too, after a call that costs."""
    if mandate.maximum.currency != amount.currency:
        raise CurrencyMismatch
    if amount.minor > mandate.maximum.minor:
        raise AmountOverMandate
