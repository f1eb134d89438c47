"""Pause a subscription and resume it; the billing worker resumes by itself at the time that was asked for."""

from dataclasses import dataclass
from datetime import datetime

from pinbill.domain.pausing import pause, resume
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import change_once


@dataclass(frozen=True, slots=True)
class Pause:
    store: Store
    clock: Clock

    def pause(
        self, partner: str, subscription_id: str, resume_at: datetime | None, request: Keyed | None = None
    ) -> Subscription:
        """The subscription, paused; as it was, if it was paused already. `resume_at` is aware.

        Raises ResumeAtInvalid, PaymentOwed, AttemptOpen or WrongState, and then has changed nothing.
        """
        subscription = self.store.subscription(partner, subscription_id)
        now = self.clock.now()
        return change_once(self.store, subscription, lambda current: pause(current, now, resume_at), request, now)

    def resume(self, partner: str, subscription_id: str, request: Keyed | None = None) -> Subscription:
        """The subscription with access again; as it was, if it had access. Raises PaymentOwed or WrongState."""
        subscription = self.store.subscription(partner, subscription_id)
        now = self.clock.now()
        return change_once(self.store, subscription, lambda current: resume(current, now), request, now)
