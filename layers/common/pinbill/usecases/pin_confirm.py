"""Confirm a pending subscription: check the PIN and take the first bill, or start the free period."""

from collections.abc import Callable
from dataclasses import dataclass

from pinbill.domain.activity import log_withdrawn, owe_log
from pinbill.domain.attempts import Attempt, AttemptKind, FailureClass
from pinbill.domain.catalog import ActivityOrder, Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.rails import RULES
from pinbill.domain.starting import start_trial, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription
from pinbill.errors import BillingStopped, OutOfTime, PinNotAllowed, PinRequired, WrongState
from pinbill.usecases.activities import Activities
from pinbill.usecases.answers import error_of, pin_error, raise_if_not_asked
from pinbill.usecases.calls import Answer, PinCheck, subscriber_of
from pinbill.usecases.changing import always, change
from pinbill.usecases.payments import Payments
from pinbill.usecases.ports import Catalog, Clock, PhoneRail, Store


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The subscription after the confirm, and the first bill's attempt; no attempt in a free period."""

    subscription: Subscription
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class PinConfirm:
    store: Store
    catalog: Catalog
    phone: PhoneRail
    payments: Payments
    activities: Activities
    clock: Clock

    def __call__(
        self, partner: str, subscription_id: str, pin: str | None, may_call: Callable[[], bool] = always
    ) -> Confirmed:
        """Raises a PIN error when the PIN was not accepted; a declined or unknown first bill is in the answer.

        Raises OutOfTime when, by `may_call`, the answer to the bill could no longer be heard.
        """
        subscription = self.store.subscription(partner, subscription_id)
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        if not subscription.trial_days and self.payments.is_stopped(subscription):
            raise BillingStopped  # before a try of the PIN is used up
        subscription = self._admit(subscription, service, pin)
        if subscription.activity is Activity.LOG_DUE:
            subscription = self._log_first(subscription, service)
        if not may_call():
            raise OutOfTime
        if subscription.trial_days:
            confirmed = Confirmed(self._start_trial(subscription, service, pin), None)
        else:
            confirmed = self._first_bill(subscription, plan, service, pin)
        if not may_call():
            return confirmed  # a log that is owed is told by its timer
        told, _ = self.activities.tell(confirmed.subscription, service)
        return Confirmed(told, confirmed.attempt)

    def _admit(self, subscription: Subscription, service: Service, pin: str | None) -> Subscription:
        """Count the try and owe the log, before anything is sent."""
        if not RULES[subscription.rail].has_pin:
            if pin is not None:
                raise PinNotAllowed
            if subscription.state is not State.PENDING:
                raise WrongState(f"A subscription that is {subscription.state} is not confirmed again.")
            return subscription
        if pin is None:
            raise PinRequired
        now = self.clock.now()
        log_first = service.activity_order is ActivityOrder.BEFORE_BILL

        def admit(current: Subscription) -> Change:
            tried = try_pin(current, service.pin, now)
            return owe_log(tried, now) if log_first else tried

        return change(self.store, subscription, admit)

    def _log_first(self, subscription: Subscription, service: Service) -> Subscription:
        """LogActivity before the bill: without its acknowledgement nothing is billed."""
        logged, result = self.activities.tell(subscription, service)
        if result is None or result.answer is Answer.DONE:
            return logged
        if result.answer is not Answer.UNCLEAR:
            change(self.store, logged, log_withdrawn)
        raise error_of(result)

    def _start_trial(self, subscription: Subscription, service: Service, pin: str | None) -> Subscription:
        if pin is not None:
            result = self.phone.check_pin(PinCheck(subscriber_of(subscription, service), subscription.id, pin))
            if result.answer is not Answer.DONE:
                raise error_of(result)
        now = self.clock.now()
        return change(self.store, subscription, lambda now_is: start_trial(now_is, now))

    def _first_bill(self, subscription: Subscription, plan: Plan, service: Service, pin: str | None) -> Confirmed:
        taken = self.payments.take(
            subscription,
            lambda current, owner, now: claim_period(current, AttemptKind.FIRST_BILL, owner, now),
            plan,
            service,
            plan.name,
            pin,
        )
        raise_if_not_asked(taken.attempt, taken.result.retry_after)
        if taken.attempt.failure is FailureClass.PIN:
            raise pin_error(taken.result)
        return Confirmed(taken.subscription, taken.attempt)
