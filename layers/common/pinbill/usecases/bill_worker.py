"""Wake a due subscription and do all that its timers ask for: follow up, end, expire, dun, bill, tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from pinbill.domain.announcing import adopt, announce_ahead, await_notice
from pinbill.domain.attempts import AttemptKind, AttemptState
from pinbill.domain.catalog import Plan, Service
from pinbill.domain.change import Change
from pinbill.domain.claims import CLAIMABLE, claim_period
from pinbill.domain.ending import expire, finish_cancel
from pinbill.domain.pausing import resume
from pinbill.domain.receipts import under
from pinbill.domain.renewal import end_grace_or_hold, write_off, written_off
from pinbill.domain.subscription import Subscription, Timer
from pinbill.errors import AlreadySettled, AttemptOpen, CapReached, NoticeMissing, OutOfTime, WrongState
from pinbill.usecases.activities import Activities
from pinbill.usecases.changing import change
from pinbill.usecases.follow_up import FollowUp
from pinbill.usecases.payments import Payments
from pinbill.usecases.ports.billing import Turn
from pinbill.usecases.ports.catalog import Catalog
from pinbill.usecases.ports.store import Store
from pinbill.usecases.ports.telemetry import Observation, Telemetry
from pinbill.usecases.ports.time_and_ids import Clock
from pinbill.usecases.run_book import RunBook
from pinbill.usecases.turns import AT_ONCE

# A subscription whose bills never stop being due is not billed further in one wake; the sweeper comes back to it.
BILLS_PER_WAKE = 12


def _require(turns: Turn) -> None:
    if not turns.is_open():
        raise OutOfTime


def _take(turns: Turn) -> None:
    if not turns.wait():
        raise OutOfTime


@dataclass(frozen=True, slots=True)
class BillWorker:
    store: Store
    catalog: Catalog
    payments: Payments
    follow_up: FollowUp
    activities: Activities
    clock: Clock
    telemetry: Telemetry
    run_book: RunBook

    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        """These subscriptions, by partner and id, are about to be woken for calls of their providers."""
        self.store.expect(places)

    def wake(self, partner: str, subscription_id: str, turns: Turn = AT_ONCE) -> Subscription:
        """Do what is due now. Waking too often or too early does no harm: every step looks at the timers again.

        Each call of a provider waits for one of `turns`. Raises OutOfTime when there is none left and something that
        needs a call is still due.
        """
        subscription = self.store.subscription(partner, subscription_id)
        plan = self.catalog.plan(partner, subscription.plan_id)
        service = self.catalog.service(partner, subscription.service_id)
        if subscription.notice_lead != (plan.notice.lead if plan.notice else None):
            now = self.clock.now()
            subscription = change(self.store, subscription, lambda current: adopt(current, plan.notice, now))
        subscription = self.follow_up.abandoned(subscription, plan)
        if subscription.is_due(Timer.FOLLOW_UP, self.clock.now()):
            _take(turns)
            subscription = self.follow_up.look(subscription, plan, service)
        subscription = self._move_on(subscription, plan)
        subscription = self._bill(subscription, plan, service, turns)
        if subscription.is_due(Timer.ACTIVITY, self.clock.now()):
            _take(turns)
            # Read anew: while this wake waited for its turn, another may have told it.
            subscription = self.store.subscription(partner, subscription_id)
            if subscription.is_due(Timer.ACTIVITY, self.clock.now()):
                subscription, _ = self.activities.tell(subscription, service)
        return subscription

    def _move_on(self, subscription: Subscription, plan: Plan) -> Subscription:
        """Ends that time brings: of the paid period after a cancel, of the time to confirm, of grace, hold or pause."""
        now = self.clock.now()

        def step(current: Subscription) -> Change | None:
            if current.open_attempt and current.open_attempt.kind is not AttemptKind.CHARGE:
                return None  # a bill's outcome decides first
            if current.is_due(Timer.END, now):
                return finish_cancel(current, now)
            if current.is_due(Timer.EXPIRY, now):
                return expire(current, now)
            if current.is_due(Timer.DUNNING, now):
                return end_grace_or_hold(current, plan, now)
            if current.is_due(Timer.RESUME, now):
                return resume(current, now)
            if current.is_due(Timer.NOTICE, now):
                return announce_ahead(current, plan.notice, now)
            return None

        return change(self.store, subscription, step)

    def _bill(self, subscription: Subscription, plan: Plan, service: Service, turns: Turn) -> Subscription:
        terms = under(plan.terms, service)
        for _ in range(BILLS_PER_WAKE):
            subscription = self._write_off(subscription, plan)
            # What is stopped stays due: the audit and the sweeps find it when billing goes on.
            if not self._billable(subscription) or self.payments.is_stopped(subscription):
                break
            _require(turns)
            try:
                taken = self.payments.take(
                    subscription,
                    lambda current, owner, now: claim_period(current, AttemptKind.RENEWAL, owner, now, terms),
                    plan,
                    service,
                    plan.name,
                    turns=turns,
                )
            except (AttemptOpen, AlreadySettled, WrongState):
                # Somebody else claimed, settled or cancelled in between: theirs is the outcome.
                return self.store.subscription(subscription.partner, subscription.id)
            except (NoticeMissing, CapReached):
                subscription = self._put_off(subscription, plan)
                continue  # what is given up now makes room for the next period
            subscription = taken.subscription
            self.run_book.count(subscription, taken.attempt)
            if taken.attempt.state is not AttemptState.PAID:
                break
        return subscription

    def _put_off(self, subscription: Subscription, plan: Plan) -> Subscription:
        """Its bill may not be asked for now: one that needs a notice is announced, and waits for it."""
        current = self.store.subscription(subscription.partner, subscription.id)
        rules, now = plan.notice, self.clock.now()
        return change(self.store, current, lambda current: await_notice(current, rules, now)) if rules else current

    def _billable(self, subscription: Subscription) -> bool:
        return (
            subscription.open_attempt is None
            and subscription.cancel_at is None
            and subscription.state in CLAIMABLE[AttemptKind.RENEWAL]
            and subscription.is_due(Timer.BILL, self.clock.now())
        )

    def _write_off(self, subscription: Subscription, plan: Plan) -> Subscription:
        if not self._billable(subscription):
            return subscription
        now = self.clock.now()
        periods = written_off(subscription, plan, now)
        if periods is None:
            return subscription
        self.telemetry.observe(
            Observation.PERIODS_WRITTEN_OFF,
            periods.last - periods.first + 1,
            {"rule": periods.rule},
            partner=subscription.partner,
            subscription=subscription.id,
        )

        def step(current: Subscription) -> Change | None:
            return write_off(current, periods, now) if written_off(current, plan, now) == periods else None

        return change(self.store, subscription, step)
