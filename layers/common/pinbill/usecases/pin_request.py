"""Subscribe a number: create the pending subscription and let the provider send the PIN; or send another PIN."""

from contextlib import suppress
from dataclasses import dataclass, field

from pinbill.domain import consent
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.consent import Consent, Stage
from pinbill.domain.ending import fail_start
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import RULES
from pinbill.domain.repeats import Keyed, Outcome, Remembered
from pinbill.domain.starting import new_pin, pin_delivered, subscribe
from pinbill.domain.states import State
from pinbill.domain.subscription import Delivery, Mandate, Subscription
from pinbill.errors import (
    CountryNotSold,
    IdempotencyKeyReused,
    MandateNotAllowed,
    MandateRequired,
    NetworkRequired,
    PinbillError,
    PinNotAllowed,
    PlanNotFound,
    RequestInProgress,
    StoreUnavailable,
    SubscriptionExists,
)
from pinbill.usecases.answers import error_of
from pinbill.usecases.calls import Answer, Identity, PinOrder, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.mandates import check_mandate
from pinbill.usecases.pin_guard import Asker, PinGuard
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.rails import PhoneRail
from pinbill.usecases.ports.store import AlreadyRemembered, Store
from pinbill.usecases.ports.time_and_ids import Clock, Ids
from pinbill.usecases.repeats import answered, earlier, raise_refused


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
    request: Keyed | None = None


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
        sent, the subscription has ended, the number is free, and the error is raised; a repeat of its key begins anew,
        unless the number was not accepted. Any other repeat is answered with the subscription as it now stands.
        """
        found = self._earlier(command)
        if found and found.subscription and found.outcome is Outcome.DONE:
            return self.store.subscription(command.partner, found.subscription)
        try:
            return self._subscribe(command, found)
        except (AlreadyRemembered, SubscriptionExists) as refused:
            now_is = self._earlier(command)  # another one with this key, at the same time
            if now_is and now_is.subscription and now_is.outcome is Outcome.DONE:
                return self.store.subscription(command.partner, now_is.subscription)
            if isinstance(refused, AlreadyRemembered):
                raise RequestInProgress from None
            raise

    def _earlier(self, command: Subscribe) -> Remembered | None:
        """Number and mandate are not kept to be compared: the subscription that came of it has them."""
        found = earlier(self.store, command.partner, None, command.request)
        if found is None or found.subscription is None:
            return None
        subscription = self.store.subscription(command.partner, found.subscription)
        identity, maximum = self.store.identity(subscription), subscription.mandate and subscription.mandate.maximum
        asked = command.mandate and (command.mandate.reference, command.mandate.maximum)
        if (identity.msisdn, identity.mandate and (identity.mandate, maximum)) != (command.msisdn, asked):
            raise IdempotencyKeyReused
        raise_refused(found)
        return found

    def _subscribe(self, command: Subscribe, found: Remembered | None) -> Subscription:
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
        request = command.request.begun(now, found, subscription=subscription.id) if command.request else None
        if not subscription.pin:
            return self.store.create(subscription, entry, request)
        asker = Asker(command.partner, service.id, command.msisdn, command.address)
        self.guard.send(asker)
        try:
            created = self.store.create(subscription, entry, request)
        except (PinbillError, AlreadyRemembered):
            self.guard.unsend(asker)
            raise
        return self._send(created, asker, plan, service, request, first=True)

    def resend(
        self, partner: str, subscription_id: str, address: str | None = None, request: Keyed | None = None
    ) -> Subscription:
        """Send a new PIN to a pending subscription; the old one is void. `address` is the user's IP.

        A repeat of a key sends none, unless the first was certainly not sent.
        """
        subscription = self.store.subscription(partner, subscription_id)
        found = earlier(self.store, partner, subscription_id, request)
        if found:
            raise_refused(found)
            if found.outcome is Outcome.DONE:
                return self.store.subscription(partner, subscription_id)
        if not RULES[subscription.rail].has_pin:
            raise PinNotAllowed
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        identity, now = self.store.identity(subscription), self.clock.now()
        new_pin(subscription, service.pin, now)  # what is refused for itself counts as no SMS
        asker = Asker(partner, service.id, identity.msisdn, address)
        begun = request.begun(now, found) if request else None
        self.guard.send(asker)
        try:
            counted = change(
                self.store, subscription, lambda current: new_pin(current, service.pin, now).remember(begun)
            )
        except (PinbillError, AlreadyRemembered) as refused:
            self.guard.unsend(asker)
            done = None if isinstance(refused, StoreUnavailable) else answered(self.store, subscription, request)
            if done:  # by another one with this key, at the same time
                return done
            if isinstance(refused, AlreadyRemembered):
                raise RequestInProgress from None
            raise
        return self._send(counted, asker, plan, service, begun, first=False)

    def _send(
        self,
        subscription: Subscription,
        asker: Asker,
        plan: Plan,
        service: Service,
        request: Remembered | None,
        *,
        first: bool,
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
        error = error_of(result)
        self._give_up(subscription, request.failed(error) if request else None, first=first)
        raise error

    def _give_up(self, subscription: Subscription, request: Remembered | None, *, first: bool) -> None:
        """The PIN was certainly not sent: a subscription ends that had none before, and its number is free."""
        now = self.clock.now()

        def decide(now_is: Subscription) -> Change | None:
            fails = first and now_is.state is State.PENDING
            failed = fail_start(now_is, "pin_not_sent", now) if fails else None
            return (failed or Change.of(now_is)).remember(request) if request else failed

        with suppress(AlreadyRemembered):  # by ourselves: the answer was lost
            change(self.store, subscription, decide)


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
