"""Subscribe a number: create the pending subscription and let the provider send the PIN; or send another PIN."""

from dataclasses import dataclass, field

from pinbill.domain.catalog import Plan, Service
from pinbill.domain.ending import fail_start
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import RULES
from pinbill.domain.starting import new_pin, pin_delivered, subscribe
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Mandate, Subscription
from pinbill.errors import (
    AmountOverMandate,
    CurrencyMismatch,
    MandateNotAllowed,
    MandateRequired,
    NetworkRequired,
    PinNotAllowed,
    PlanNotFound,
)
from pinbill.usecases.answers import error_of
from pinbill.usecases.calls import Answer, PinOrder, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.ports import Catalog, Clock, Ids, PhoneRail, Store


@dataclass(frozen=True, slots=True)
class Subscribe:
    partner: str
    plan: str
    msisdn: Msisdn = field(repr=False)
    network: tuple[str, str] | None = None  # MCC, MNC
    mandate: Mandate | None = None


@dataclass(frozen=True, slots=True)
class PinRequest:
    store: Store
    catalog: Catalog
    phone: PhoneRail
    clock: Clock
    ids: Ids

    def subscribe(self, command: Subscribe) -> Subscription:
        """A new pending subscription; on a phone bill its PIN is on the way (or `pin.delivery` is unknown).

        When the PIN was certainly not sent, the subscription has ended, the number is free, and the error is raised.
        """
        plan = self.catalog.plan(command.partner, command.plan)
        if plan.retired:
            raise PlanNotFound
        service = self.catalog.service(command.partner, plan.service_id)
        _check_means_to_pay(command, plan, service)
        subscription, entry = subscribe(
            self.ids.subscription(), plan, service, command.msisdn, command.network, command.mandate, self.clock.now()
        )
        created = self.store.create(subscription, entry)
        return self._send(created, plan, service, first=True) if created.pin else created

    def resend(self, partner: str, subscription_id: str) -> Subscription:
        """Send a new PIN to a pending subscription; the old one is void."""
        subscription = self.store.subscription(partner, subscription_id)
        if not RULES[subscription.rail].has_pin:
            raise PinNotAllowed
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        now = self.clock.now()
        counted = change(self.store, subscription, lambda current: new_pin(current, service.pin, now))
        return self._send(counted, plan, service, first=False)

    def _send(self, subscription: Subscription, plan: Plan, service: Service, *, first: bool) -> Subscription:
        order = PinOrder(
            subscriber_of(subscription, service),
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
