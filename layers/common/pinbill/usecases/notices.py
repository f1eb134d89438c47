"""Notices: a partner reports that a user was told of a debit, or that the user does not want it."""

from dataclasses import dataclass

from pinbill.domain.announcing import given, opt_out
from pinbill.domain.change import Change
from pinbill.domain.notices import NoticeGiven
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.errors import NoticeNotAwaited
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.repeats import change_once


@dataclass(frozen=True, slots=True)
class Notices:
    store: Store
    catalog: Catalog
    clock: Clock

    def given(
        self, partner: str, subscription_id: str, notice: NoticeGiven, request: Keyed | None = None
    ) -> Subscription:
        """The subscription, with the notice taken down; as it was, if it had been. The first report counts.

        Raises NoticeNotAwaited or NoticeContradicts.
        """
        subscription = self.store.subscription(partner, subscription_id)
        rules, now = self.catalog.plan(partner, subscription.plan_id).notice, self.clock.now()

        def decide(current: Subscription) -> Change | None:
            if rules is None:
                raise NoticeNotAwaited
            return given(current, rules, notice, now)

        return change_once(self.store, subscription, decide, request, now)

    def opt_out(self, partner: str, subscription_id: str, period: int, request: Keyed | None = None) -> Subscription:
        """The subscription, of which this one debit will not be made. Raises NoticeNotAwaited or AttemptOpen."""
        subscription = self.store.subscription(partner, subscription_id)
        now = self.clock.now()
        return change_once(self.store, subscription, lambda current: opt_out(current, period, now), request, now)
