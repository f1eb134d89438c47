"""What providers call us with. A callback is a hint: it is held against our own attempt before it changes anything."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pinbill.domain.attempts import AttemptState, BillResult
from pinbill.domain.catalog import RailName, Service
from pinbill.domain.ending import When, cancel
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.subscription import Subscription
from pinbill.errors import CallbackMalformed, NotFound, SubscriptionNotFound
from pinbill.usecases.activities import Activities
from pinbill.usecases.changing import change
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.payments import Payments
from pinbill.usecases.ports import Catalog, Clock, Observation, Store, Telemetry


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user sent STOP, or the provider ended the subscription."""

    msisdn: Msisdn
    product_id: int


@dataclass(frozen=True, slots=True)
class BillReported:
    """The provider reports the outcome of a bill under our reference."""

    reference: str
    amount: Money | None
    result: BillResult


@dataclass(frozen=True, slots=True)
class MandateMoved:
    """Something happened to a mandate: a payment, or (`revoked`) its end."""

    reference: str
    revoked: bool


Report = Stopped | BillReported | MandateMoved


@dataclass(frozen=True, slots=True)
class Callback:
    store: Store
    catalog: Catalog
    payments: Payments
    follow_up: FollowUp
    activities: Activities
    clock: Clock
    telemetry: Telemetry

    def service(self, token: str, rail: RailName) -> Service:
        """The service of a callback path; raises NotFound, so that a path cannot be guessed at."""
        service = self.catalog.service_by_callback(hashlib.sha256(token.encode()).hexdigest())
        if service is None or service.rail is not rail:
            raise NotFound
        return service

    def __call__(self, service: Service, read: Callable[[], Report | None]) -> None:
        """Read a callback and take its report in; what matches nothing of ours is counted and dropped.

        Raises CallbackMalformed for what cannot be read; a STOP may be in it, so that is counted too.
        """
        try:
            report = read()
        except CallbackMalformed:
            self.telemetry.observe(Observation.CALLBACK_MALFORMED, 1, {"rail": service.rail.value})
            raise
        if report is None:
            return
        what = Observation.CALLBACK_RECEIVED if self._take_in(service, report) else Observation.CALLBACK_UNMATCHED
        dimensions: Mapping[str, str] = {"rail": service.rail.value, "kind": type(report).__name__}
        self.telemetry.observe(what, 1, dimensions)

    def _take_in(self, service: Service, report: Report) -> bool:
        match report:
            case Stopped():
                return self._stop(service, report)
            case BillReported():
                return self._settle(service, report)
            case MandateMoved():
                return self._mandate(service, report)

    def _stop(self, service: Service, report: Stopped) -> bool:
        if report.product_id not in (service.product_id, service.billing_product_id):
            return False
        ids = self.store.with_number(service.partner, report.msisdn)
        stopped = [s for s in (self._find(service, id) for id in ids) if s]
        for subscription in stopped:
            self._cancel(subscription, service, "stopped_by_user")
        return bool(stopped)

    def _settle(self, service: Service, report: BillReported) -> bool:
        subscription = self._find(service, report.reference.rpartition("-")[0])
        attempt = subscription.open_attempt if subscription else None
        if subscription is None or attempt is None or attempt.id != report.reference:
            return False
        if report.amount is not None and report.amount != attempt.amount:
            return False
        if report.result.state is not AttemptState.PAID:
            # Unsigned, and perhaps early or contradicted by the next one: enough for an operator to decide upon, not
            # for a second bill of the same obligation.
            code = report.result.code or ""
            self.telemetry.observe(Observation.CALLBACK_REPORTS_NO_DEBIT, attempt=attempt.id, code=code)
            return True
        self.payments.settle(
            subscription, attempt, report.result, self.catalog.plan(service.partner, subscription.plan_id)
        )
        return True

    def _mandate(self, service: Service, report: MandateMoved) -> bool:
        id = self.store.with_mandate(service.partner, report.reference)
        subscription = self._find(service, id) if id else None
        if subscription is None:
            return False
        if report.revoked:
            self._cancel(subscription, service, "mandate_revoked")
        else:
            plan = self.catalog.plan(service.partner, subscription.plan_id)
            self.follow_up.look(subscription, plan, service)
        return True

    def _find(self, service: Service, id: str) -> Subscription | None:
        """The subscription, if it is one of this service."""
        try:
            subscription = self.store.subscription(service.partner, id)
        except SubscriptionNotFound:
            return None
        return subscription if subscription.service_id == service.id else None

    def _cancel(self, subscription: Subscription, service: Service, reason: str) -> None:
        now = self.clock.now()
        cancelled = change(self.store, subscription, lambda current: cancel(current, When.NOW, reason, now))
        self.activities.tell(cancelled, service)
