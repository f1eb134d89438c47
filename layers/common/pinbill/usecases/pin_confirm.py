"""Confirm a pending subscription: check the PIN and take the first bill, or start the free period."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pinbill.domain import consent, spending
from pinbill.domain.activity import log_withdrawn, owe_log
from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState, FailureClass
from pinbill.domain.catalog import ActivityOrder, Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.consent import Consent, Stage
from pinbill.domain.rails import RULES
from pinbill.domain.receipts import under
from pinbill.domain.starting import consent_given, start_trial, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription
from pinbill.errors import (
    BillingStopped,
    OutOfTime,
    PinbillError,
    PinNotAllowed,
    PinProblem,
    PinRequired,
    ProviderUnclear,
    WrongState,
)
from pinbill.usecases.activities import Activities
from pinbill.usecases.answers import error_of, pin_error, raise_if_not_asked
from pinbill.usecases.calls import Answer, PinCheck, subscriber_of
from pinbill.usecases.changing import always, change
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_guard import Asker, PinGuard, Trial
from pinbill.usecases.ports import Catalog, Clock, PhoneRail, Store

# After any other error nobody was asked about the PIN.
PERHAPS_CHECKED = (PinProblem, ProviderUnclear)
# A decline proves nothing: no document says that Infomedia looks at the PIN before it looks at the money.
PIN_WAS_RIGHT = frozenset({AttemptState.PAID, AttemptState.PENDING})


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


@dataclass(frozen=True, slots=True)
class PinConfirm:
    store: Store
    catalog: Catalog
    phone: PhoneRail
    payments: Payments
    activities: Activities
    clock: Clock
    guard: PinGuard

    def __call__(
        self,
        partner: str,
        subscription_id: str,
        pin: str | None,
        may_call: Callable[[], bool] = always,
        agreed: Agreed = NOTHING_SAID,
        address: str | None = None,
    ) -> Confirmed:
        """Raises a PIN error when the PIN was not accepted; a declined or unknown first bill is in the answer.
        `address` is the user's IP.

        Raises PinLocked before anybody is asked when the number's tries are used up; OutOfTime when, by `may_call`,
        the answer to the bill could no longer be heard; a ConsentProblem, before anything is sent or billed, when the
        plan wants to be shown more than `agreed`.
        """
        subscription = self.store.subscription(partner, subscription_id)
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        if not subscription.trial_days and self.payments.is_stopped(subscription):
            raise BillingStopped  # before a try of the PIN is used up
        if not subscription.trial_days:
            spending.check(subscription, plan.caps, subscription.price, self.clock.now())
        consent.check(plan.consent, Stage.CONFIRM, agreed.consent, subscription.price, self.clock.now())
        identity = self.store.identity(subscription)  # what cannot be read fails before the PIN's try is counted
        trial: Trial | None = None
        if subscription.pin is not None and pin is not None:
            try_pin(subscription, service.pin, self.clock.now())  # what is refused for itself is no try of the number's
            trial = self.guard.attempt(Asker(partner, service.id, identity.msisdn, address))
        try:
            confirmed = self._confirm(subscription, plan, service, pin, may_call, agreed)
        except PinbillError as error:
            if trial and not isinstance(error, PERHAPS_CHECKED):
                self.guard.forgive(trial)
            raise
        if trial and (confirmed.attempt is None or confirmed.attempt.state in PIN_WAS_RIGHT):
            self.guard.right(trial)
        return confirmed

    def _confirm(
        self,
        subscription: Subscription,
        plan: Plan,
        service: Service,
        pin: str | None,
        may_call: Callable[[], bool],
        agreed: Agreed,
    ) -> Confirmed:
        subscription = self._admit(subscription, service, pin, agreed)
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

    def _admit(self, subscription: Subscription, service: Service, pin: str | None, agreed: Agreed) -> Subscription:
        """Count the try, keep what was agreed and owe the log, before anything is sent."""
        now, said = self.clock.now(), agreed.said
        if not RULES[subscription.rail].has_pin:
            if pin is not None:
                raise PinNotAllowed
            if subscription.state is not State.PENDING:
                raise WrongState(f"A subscription that is {subscription.state} is not confirmed again.")
            if not said:
                return subscription
            return change(self.store, subscription, lambda current: consent_given(Change.of(current), said, now))
        if pin is None:
            raise PinRequired
        log_first = service.activity_order is ActivityOrder.BEFORE_BILL

        def admit(current: Subscription) -> Change:
            tried = try_pin(current, service.pin, now)
            tried = consent_given(tried, said, now) if said else tried
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
            subscriber = subscriber_of(subscription, self.store.identity(subscription), service)
            result = self.phone.check_pin(PinCheck(subscriber, subscription.id, pin))
            if result.answer is not Answer.DONE:
                raise error_of(result)
        now = self.clock.now()
        return change(self.store, subscription, lambda now_is: start_trial(now_is, now))

    def _first_bill(self, subscription: Subscription, plan: Plan, service: Service, pin: str | None) -> Confirmed:
        terms = under(plan.terms, service)
        taken = self.payments.take(
            subscription,
            lambda current, owner, now: claim_period(current, AttemptKind.FIRST_BILL, owner, now, terms),
            plan,
            service,
            plan.name,
            pin,
        )
        raise_if_not_asked(taken.attempt, taken.result.retry_after)
        if taken.attempt.failure is FailureClass.PIN:
            raise pin_error(taken.result)
        return Confirmed(taken.subscription, taken.attempt)
