"""Tell Infomedia of a subscription or its end, now; the due index repeats it until it is acknowledged."""

from dataclasses import dataclass

from pinbill.domain.activity import OWED, activity_acknowledged, activity_failed
from pinbill.domain.catalog import Service
from pinbill.domain.subscription import Activity, Subscription, Timer
from pinbill.errors import ConcurrentChange, Misconfigured, StoreUnavailable, SubscriberErased
from pinbill.usecases.calls import Answer, CallResult, subscriber_of
from pinbill.usecases.changing import change
from pinbill.usecases.ports.rails import PhoneRail
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock


@dataclass(frozen=True, slots=True)
class Activities:
    store: Store
    phone: PhoneRail
    clock: Clock
    telemetry: Telemetry

    def tell(self, subscription: Subscription, service: Service) -> tuple[Subscription, CallResult | None]:
        """Make the call that is owed, if one is; both calls may be repeated without harm.

        A failure to write down the answer raises nothing: what the caller has done before stands, and the timer repeats
        the call.
        """
        owed = subscription.activity
        if owed not in OWED:
            return subscription, None
        call = self.phone.log_activity if owed is Activity.LOG_DUE else self.phone.close_activity
        try:
            subscriber = subscriber_of(subscription, self.store.identity(subscription), service)
        except (StoreUnavailable, Misconfigured, SubscriberErased) as unreadable:
            result = CallResult(Answer.NOT_SENT, unreadable.code)
        else:
            result = call(subscriber, subscription.id)
        if result.answer is not Answer.DONE:
            self._observe(subscription, owed, result)
        try:
            return self._record(subscription, owed, result), result
        except (StoreUnavailable, ConcurrentChange):
            return subscription, result

    def _record(self, subscription: Subscription, owed: Activity, result: CallResult) -> Subscription:
        now = self.clock.now()
        if result.answer is Answer.DONE:
            return change(self.store, subscription, lambda now_is: activity_acknowledged(now_is, owed, now))
        if Timer.ACTIVITY not in subscription.timers:
            return subscription
        return change(self.store, subscription, lambda now_is: activity_failed(now_is, now))

    def _observe(self, subscription: Subscription, owed: Activity, result: CallResult) -> None:
        self.telemetry.observe(
            Observation.ACTIVITY_NOT_ACKNOWLEDGED,
            partner=subscription.partner,
            subscription=subscription.id,
            owed=owed.value,
            answer=result.answer.value,
            code=result.code or "",
        )
