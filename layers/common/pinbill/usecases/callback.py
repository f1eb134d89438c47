"""What providers call us with. A callback is a hint: it is held against our own attempt before it changes anything."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pinbill.domain.attempts import Attempt, AttemptState, BillResult, Source
from pinbill.domain.catalog import RailName, Service
from pinbill.domain.ending import When, cancel
from pinbill.domain.money import Money
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.refunds import debit_of, refund
from pinbill.domain.subscription import Subscription
from pinbill.errors import CallbackMalformed, ConcurrentChange, NotFound, SubscriptionNotFound
from pinbill.usecases.activities import Activities
from pinbill.usecases.changing import ROUNDS, change
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import StaleVersion, Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.settling import Settling


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user sent STOP, or the provider ended the subscription."""

    msisdn: Msisdn
    product_id: int


@dataclass(frozen=True, slots=True)
class Noted:
    """The provider's own view of a user's access (`says`: suspended, unsuspended …). Ours follows from the bills."""

    msisdn: Msisdn
    product_id: int
    says: str


@dataclass(frozen=True, slots=True)
class BillReported:
    """The provider reports the outcome of a bill under our reference."""

    reference: str
    amount: Money | None
    result: BillResult


@dataclass(frozen=True, slots=True)
class Refunded:
    """The provider reports that it has given back what was billed under our reference; all that is left, if no sum."""

    reference: str
    amount: Money | None
    transaction: str | None


@dataclass(frozen=True, slots=True)
class MandateMoved:
    """Something happened to a mandate: a payment, or (`revoked`) its end."""

    reference: str
    revoked: bool


Report = Stopped | Noted | BillReported | Refunded | MandateMoved


@dataclass(frozen=True, slots=True)
class Callback:
    """Every report may come early, late, twice or never, and in any order: what it changes, it changes once."""

    store: Store
    catalog: Catalog
    settling: Settling
    follow_up: FollowUp
    activities: Activities
    clock: Clock
    telemetry: Telemetry

    def service(self, token: str, rail: RailName) -> Service:
        """The service of a callback path; raises NotFound, so that a path cannot be guessed at."""
        service = self.catalog.service_by_callback(hashlib.sha256(token.encode()).hexdigest())
        if service is None or service.rail is not rail:
            self.telemetry.observe(Observation.CALLBACK_FORGED, 1, {"rail": rail.value})
            raise NotFound
        return service

    def __call__(self, service: Service, read: Callable[[], Report | None]) -> None:
        """Read a callback and take its report in; what matches nothing of ours is counted and dropped.

        Raises CallbackMalformed for what cannot be read; a STOP may be in it, so that is counted too.
        """
        try:
            report = read()
        except CallbackMalformed:
            self.telemetry.observe(
                Observation.CALLBACK_MALFORMED, 1, {"rail": service.rail.value}, partner=service.partner
            )
            raise
        if report is None:
            return
        what = Observation.CALLBACK_RECEIVED if self._take_in(service, report) else Observation.CALLBACK_UNMATCHED
        dimensions: Mapping[str, str] = {"rail": service.rail.value, "kind": type(report).__name__}
        self.telemetry.observe(what, 1, dimensions, partner=service.partner)

    def _take_in(self, service: Service, report: Report) -> bool:
        """Whether the report was of anything of ours."""
        match report:
            case Stopped():
                return self._stop(service, report)
            case Noted():
                return self._note(service, report)
            case BillReported():
                return self._settle(service, report)
            case Refunded():
                return self._refund(service, report)
            case MandateMoved():
                return self._mandate(service, report)

    def _stop(self, service: Service, report: Stopped) -> bool:
        stopped = self._of_number(service, report.msisdn, report.product_id)
        for subscription in stopped:
            self._cancel(subscription, service, "stopped_by_user")
        return bool(stopped)

    def _note(self, service: Service, report: Noted) -> bool:
        """Whether the last bill was paid can be guessed from it; a guess is for a person who has to decide."""
        noted = self._of_number(service, report.msisdn, report.product_id)
        for subscription in noted:
            if subscription.open_attempt:
                self.settling.note(subscription, subscription.open_attempt, Source.CALLBACK, report.says)
        return bool(noted)

    def _settle(self, service: Service, report: BillReported) -> bool:
        subscription, attempt = self._attempt(service, report.reference)
        if subscription is None or attempt is None:
            return False
        result = replace(report.result, source=Source.CALLBACK)
        code = result.code or ""
        if report.amount is not None and report.amount != attempt.amount:
            self.settling.note(subscription, attempt, Source.CALLBACK, f"{result.state} of {report.amount}", code)
            return False
        if result.state is not AttemptState.PAID:
            # Unsigned, and perhaps early or contradicted by the next one: enough for a person to decide upon, not for
            # a second bill of the same obligation.
            if attempt.is_open:
                self.telemetry.observe(
                    Observation.CALLBACK_REPORTS_NO_DEBIT,
                    partner=subscription.partner,
                    subscription=subscription.id,
                    attempt=attempt.id,
                    code=code,
                )
                self.settling.note(subscription, attempt, Source.CALLBACK, result.state.value, code)
            return True
        self.settling(subscription, attempt, result, self.catalog.plan(service.partner, subscription.plan_id))
        return True

    def _refund(self, service: Service, report: Refunded) -> bool:
        for _ in range(ROUNDS):
            subscription, attempt = self._attempt(service, report.reference)
            if subscription is None or attempt is None:
                return False
            if attempt.is_open:
                self.settling.note(subscription, attempt, Source.CALLBACK, "refunded", report.transaction or "")
                return True
            entries = self.settling.entries(subscription)
            debit = debit_of(entries, attempt.id)
            if debit is None or (report.amount and report.amount.currency != debit.amount.currency):
                return False
            refunded = refund(subscription, entries, debit, report.amount, report.transaction, self.clock.now())
            if refunded is None:
                return True
            try:
                self.store.commit(refunded)
            except StaleVersion:
                continue
            return True
        raise ConcurrentChange

    def _mandate(self, service: Service, report: MandateMoved) -> bool:
        id = self.store.with_mandate(service.partner, report.reference)
        subscription = self._find(service, id) if id else None
        if subscription is None:
            return False
        if report.revoked:
            self._cancel(subscription, service, "mandate_revoked")
        else:
            plan = self.catalog.plan(service.partner, subscription.plan_id)
            looked = self.follow_up.look(subscription, plan, service)
            self.follow_up.look_back(looked, service)
        return True

    def _attempt(self, service: Service, reference: str) -> tuple[Subscription | None, Attempt | None]:
        """The subscription and attempt of a reference of ours, if they are of this service."""
        subscription = self._find(service, reference.rpartition("-")[0])
        return subscription, self.settling.attempt(subscription, reference) if subscription else None

    def _of_number(self, service: Service, msisdn: Msisdn, product_id: int) -> list[Subscription]:
        """The live subscriptions of a number to this service; none when the product is another's."""
        if product_id not in (service.product_id, service.billing_product_id):
            return []
        ids = self.store.with_number(service.partner, msisdn)
        return [found for found in (self._find(service, id) for id in ids) if found]

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
