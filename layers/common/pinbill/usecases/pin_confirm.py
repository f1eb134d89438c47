"""Confirm a pending subscription: check the PIN and take the first bill, or start the free period."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pinbill.domain import consent, spending
from pinbill.domain.activity import log_withdrawn, owe_log
from pinbill.domain.attempts import AttemptKind, AttemptState, FailureClass
from pinbill.domain.catalog import ActivityOrder, Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.consent import Stage
from pinbill.domain.rails import RULES
from pinbill.domain.receipts import under
from pinbill.domain.repeats import Keyed, Outcome, Remembered
from pinbill.domain.starting import consent_given, start_trial, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription
from pinbill.errors import (
    BillingStopped,
    ConcurrentChange,
    OutOfTime,
    PinbillError,
    PinNotAllowed,
    PinProblem,
    PinRequired,
    ProviderUnclear,
    RequestInProgress,
    StoreUnavailable,
    WrongState,
)
from pinbill.usecases.activities import Activities
from pinbill.usecases.answers import error_of, pin_error, raise_if_not_asked
from pinbill.usecases.calls import Answer, PinCheck, subscriber_of
from pinbill.usecases.changing import always, change
from pinbill.usecases.confirmations import NOTHING_SAID, Agreed, Confirmed, become, meanwhile
from pinbill.usecases.payments import Payments
from pinbill.usecases.pin_guard import Asker, PinGuard, Trial
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.rails import PhoneRail
from pinbill.usecases.ports.store import AlreadyRemembered, Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import earlier

# After any other error nobody was asked about the PIN.
PERHAPS_CHECKED = (PinProblem, ProviderUnclear)
# A decline proves nothing: no document says that Infomedia looks at the PIN before it looks at the money.
PIN_WAS_RIGHT = frozenset({AttemptState.PAID, AttemptState.PENDING})


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
        request: Keyed | None = None,
    ) -> Confirmed:
        """Raises a PIN error when the PIN was not accepted; a declined or unknown first bill is in the answer.
        `address` is the user's IP.

        Raises PinLocked before anybody is asked when the number's tries are used up; OutOfTime when, by `may_call`,
        the answer to the bill could no longer be heard; a ConsentProblem, before anything is sent or billed, when the
        plan wants to be shown more than `agreed`.

        A repeat of a key tries no PIN and bills nothing, unless nothing came of the first; it raises RequestInProgress
        while that is not known.
        """
        subscription = self.store.subscription(partner, subscription_id)
        found = earlier(self.store, partner, subscription_id, request)
        again = become(self.store, self.clock, subscription, found) if found else None
        if again:
            return again
        begun = request.begun(self.clock.now(), found, Outcome.UNDER_WAY) if request else None
        try:
            return self._once(subscription, pin, may_call, agreed, address, begun)
        except (AlreadyRemembered, PinbillError) as refused:
            again = meanwhile(self.store, self.clock, subscription, request, found)
            if again:
                return again
            if isinstance(refused, AlreadyRemembered):
                raise RequestInProgress from None
            raise

    def _once(
        self,
        subscription: Subscription,
        pin: str | None,
        may_call: Callable[[], bool],
        agreed: Agreed,
        address: str | None,
        begun: Remembered | None,
    ) -> Confirmed:
        partner = subscription.partner
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
            admitted = self._admit(subscription, service, pin, agreed, begun)
            confirmed = self._confirm(admitted, plan, service, pin, may_call, begun)
        except (PinbillError, AlreadyRemembered) as error:
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
        begun: Remembered | None,
    ) -> Confirmed:
        try:
            confirmed = self._ask(subscription, plan, service, pin, may_call, begun)
        except PinbillError as error:
            # What could not be written, or read, may have happened all the same: then it stays under way.
            if begun and not isinstance(error, (StoreUnavailable, ConcurrentChange)):
                self._failed(subscription, begun.failed(error))
            raise
        if not may_call():
            return confirmed  # a log that is owed is told by its timer
        told, _ = self.activities.tell(confirmed.subscription, service)
        return Confirmed(told, confirmed.attempt)

    def _failed(self, subscription: Subscription, failed: Remembered) -> None:
        """Nothing was claimed, else it is remembered already. What is said to be final must be written before it is
        said; anything else that is not written stays under way."""
        try:
            change(self.store, subscription, lambda current: Change.of(current).remember(failed))
        except AlreadyRemembered:
            return
        except (StoreUnavailable, ConcurrentChange):
            if failed.outcome is Outcome.REFUSED:
                raise

    def _ask(
        self,
        subscription: Subscription,
        plan: Plan,
        service: Service,
        pin: str | None,
        may_call: Callable[[], bool],
        begun: Remembered | None,
    ) -> Confirmed:
        if subscription.activity is Activity.LOG_DUE:
            subscription = self._log_first(subscription, service)
        if not may_call():
            raise OutOfTime
        if subscription.trial_days:
            return Confirmed(self._start_trial(subscription, service, pin, begun), None)
        return self._first_bill(subscription, plan, service, pin, begun)

    def _admit(
        self, subscription: Subscription, service: Service, pin: str | None, agreed: Agreed, begun: Remembered | None
    ) -> Subscription:
        """Count the try, keep what was agreed and owe the log, before anything is sent."""
        now, said = self.clock.now(), agreed.said
        if not RULES[subscription.rail].has_pin:
            if pin is not None:
                raise PinNotAllowed
            if subscription.state is not State.PENDING:
                raise WrongState(f"A subscription that is {subscription.state} is not confirmed again.")
            if not said and not begun:
                return subscription

            def agree(current: Subscription) -> Change:
                agreed = Change.of(current)
                return (consent_given(agreed, said, now) if said else agreed).remember(begun)

            return change(self.store, subscription, agree)
        if pin is None:
            raise PinRequired
        log_first = service.activity_order is ActivityOrder.BEFORE_BILL

        def admit(current: Subscription) -> Change:
            tried = try_pin(current, service.pin, now)
            tried = consent_given(tried, said, now) if said else tried
            return (owe_log(tried, now) if log_first else tried).remember(begun)

        return change(self.store, subscription, admit)

    def _log_first(self, subscription: Subscription, service: Service) -> Subscription:
        """LogActivity before the bill: without its acknowledgement nothing is billed."""
        logged, result = self.activities.tell(subscription, service)
        if result is None or result.answer is Answer.DONE:
            return logged
        if result.answer is not Answer.UNCLEAR:
            change(self.store, logged, log_withdrawn)
        raise error_of(result)

    def _start_trial(
        self, subscription: Subscription, service: Service, pin: str | None, begun: Remembered | None
    ) -> Subscription:
        if pin is not None:
            subscriber = subscriber_of(subscription, self.store.identity(subscription), service)
            result = self.phone.check_pin(PinCheck(subscriber, subscription.id, pin))
            if result.answer is not Answer.DONE:
                raise error_of(result)
        now = self.clock.now()
        done = begun.done() if begun else None
        return change(self.store, subscription, lambda now_is: start_trial(now_is, now).remember(done))

    def _first_bill(
        self, subscription: Subscription, plan: Plan, service: Service, pin: str | None, begun: Remembered | None
    ) -> Confirmed:
        terms = under(plan.terms, service)

        def claim(current: Subscription, owner: str, now: datetime) -> Change:
            claimed = claim_period(current, AttemptKind.FIRST_BILL, owner, now, terms)
            attempt = claimed.after.open_attempt
            return claimed.remember(begun.done(attempt.id)) if begun and attempt else claimed

        taken = self.payments.take(
            subscription,
            claim,
            plan,
            service,
            plan.name,
            pin,
        )
        raise_if_not_asked(taken.attempt, taken.result.retry_after)
        if taken.attempt.failure is FailureClass.PIN:
            raise pin_error(taken.result)
        return Confirmed(taken.subscription, taken.attempt)
