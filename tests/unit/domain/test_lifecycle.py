"""Any sequence of claims, outcomes, cancels, clock moves and looks keeps the invariants and takes no money twice."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pinbill.domain.activity import activity_acknowledged, activity_failed, log_withdrawn, owe_log
from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult
from pinbill.domain.catalog import CatchUp, PinRules, RailName
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.claims import claim_charge, claim_period, reclaim_charge
from pinbill.domain.ending import When, cancel, expire, finish_cancel
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.money import Money
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.renewal import WriteOff, end_grace_or_hold, write_off, written_off
from pinbill.domain.settlement import look_again, settle
from pinbill.domain.starting import new_pin, start_trial, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer
from pinbill.errors import PinbillError
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import (
    BILLED,
    CLASSES,
    NOT_CHARGED,
    NOT_SENT,
    NOW,
    PAID,
    PENDING,
    UNKNOWN,
    declined,
    plan,
    standing,
)

WITHOUT_DEBIT = [NOT_SENT, NOT_CHARGED, *map(declined, CLASSES)]
OPEN = [PENDING, UNKNOWN]
CLOSED = {
    EntryKind.ATTEMPT_PAID,
    EntryKind.ATTEMPT_DECLINED,
    EntryKind.ATTEMPT_NOT_SENT,
    EntryKind.ATTEMPT_NOT_CHARGED,
}
answers = st.one_of(st.just(None), st.sampled_from(OPEN), st.sampled_from(WITHOUT_DEBIT))  # None: what is true
PIN = PinRules()


class Lifecycle(RuleBasedStateMachine):
    """One subscription in virtual time, and all that was ever written of it."""

    @initialize(
        rail=st.sampled_from(RailName),
        state=st.sampled_from([State.PENDING, State.PENDING, *BILLED]),
        unit=st.sampled_from(Unit),
        catch_up=st.sampled_from(CatchUp),
        trial=st.sampled_from([0, 0, 7]),
    )
    def subscribe(self, rail: RailName, state: State, unit: Unit, catch_up: CatchUp, trial: int) -> None:
        self.now = NOW
        self.plan = plan(rail, recurrence=Recurrence(unit, 1), catch_up=catch_up, trial_days=trial)
        self.subscription = standing(state, rail, recurrence=self.plan.recurrence)
        self.first_period = self.subscription.next_period
        self.entries: list[Entry] = []
        self.charges: dict[str, Charge] = {}
        self.cancelled_after: int | None = None  # how many claims there were when a cancel was acknowledged
        self.debited: dict[str, tuple[str, bool]] = {}  # the provider's ledger: reference -> obligation, money taken

    # --- what every write goes through

    def write(self, decide: Callable[[Subscription], Change | None]) -> Change | None:
        try:
            change = decide(self.subscription)
        except PinbillError:
            return None
        if change is None:
            return None
        check_change(change)
        self.subscription = change.after
        self.entries += change.entries
        if change.charge:
            self.charges[change.charge.key] = change.charge
        return change

    def claimed(self, change: Change | None, debits: bool) -> None:
        """The provider is asked: from now on it is true whether it `debits`, whatever it answers."""
        if change is None:
            return
        assert self.cancelled_after is None, "money was claimed after a cancel"
        attempt = change.after.open_attempt
        assert attempt is not None
        assert attempt.id not in self.debited, "a reference was used twice"
        self.debited[attempt.id] = str(attempt.obligation), debits

    # --- the confirm

    @precondition(lambda self: self.subscription.state is State.PENDING)
    @rule(log_first=st.booleans())
    def admit(self, log_first: bool) -> None:
        def decide(current: Subscription) -> Change:
            tried = try_pin(current, PIN, self.now)
            return owe_log(tried, self.now) if log_first else tried

        self.write(decide)

    @precondition(lambda self: self.subscription.state is State.PENDING)
    @rule()
    def resend(self) -> None:
        self.write(lambda current: new_pin(current, PIN, self.now))

    @precondition(lambda self: self.subscription.state is State.PENDING)
    @rule(debits=st.booleans())
    def confirm(self, debits: bool) -> None:
        if self.subscription.trial_days and not self.subscription.open_attempt:
            self.write(lambda current: start_trial(current, self.now))
        else:
            self.claimed(self.write(lambda c: claim_period(c, AttemptKind.FIRST_BILL, "owner", self.now)), debits)

    # --- money

    @rule(debits=st.booleans())
    def renew(self, debits: bool) -> None:
        subscription = self.subscription
        off = written_off(subscription, self.plan, self.now)
        if off:
            self.write(lambda current: write_off(current, off, self.now))
        self.claimed(self.write(lambda current: claim_period(current, AttemptKind.RENEWAL, "owner", self.now)), debits)

    @rule(first=st.integers(1, 3), length=st.integers(0, 2))
    def give_up_by_an_older_reading(self, first: int, length: int) -> None:
        self.write(lambda current: write_off(current, _periods(first, length), self.now))

    @rule(key=st.sampled_from(["a", "b"]), debits=st.booleans())
    def charge(self, key: str, debits: bool) -> None:
        known = self.charges.get(key)

        def decide(current: Subscription) -> Change | None:
            if known is None:
                return claim_charge(current, key, "body", Money(99, "GBP"), "extra", "owner", self.now)
            if known.attempt.state in (AttemptState.NOT_SENT, AttemptState.NOT_CHARGED):
                return reclaim_charge(current, known, "owner", self.now)
            return None

        self.claimed(self.write(decide), debits)

    @precondition(lambda self: self.subscription.open_attempt)
    @rule(answer=answers)
    def answer(self, answer: BillResult | None) -> None:
        attempt = self.subscription.open_attempt
        assert attempt is not None
        result = self._answer(attempt.id, answer)
        charge = self._charge()
        before = self.subscription.next_period
        change = self.write(lambda c: settle(c, attempt.id, result, self.now, self.plan.dunning, charge))
        if change:
            paid_period = result.state is AttemptState.PAID and attempt.kind is not AttemptKind.CHARGE
            assert self.subscription.next_period == before + paid_period

    @precondition(lambda self: self.debited)
    @rule(at=st.integers(0, 100), answer=answers)
    def answer_late(self, at: int, answer: BillResult | None) -> None:
        """A callback or a slow process answers for any attempt that ever was."""
        reference = list(self.debited)[at % len(self.debited)]
        attempt = self.subscription.open_attempt
        if attempt is None or attempt.id != reference:
            result = self._answer(reference, answer)
            assert settle(self.subscription, reference, result, self.now, self.plan.dunning) is None

    def _answer(self, reference: str, answer: BillResult | None) -> BillResult:
        """An answer that is not a lie: nothing that was debited is called declined, and the reverse."""
        debited = self.debited[reference][1]
        if answer is None or (debited and answer.state not in (AttemptState.PENDING, AttemptState.UNKNOWN)):
            return PAID if debited else NOT_CHARGED
        return answer

    # --- the end

    @rule(when=st.sampled_from(When))
    def cancel(self, when: When) -> None:
        self.write(lambda current: cancel(current, when, "test", self.now))
        if self.cancelled_after is None:
            self.cancelled_after = self.subscription.attempts

    # --- time and what it brings

    @rule(by=st.sampled_from([timedelta(seconds=40), LEASE, timedelta(hours=1), timedelta(days=1), timedelta(days=8)]))
    def tick(self, by: timedelta) -> None:
        self.now += by

    @precondition(lambda self: self.subscription.due)
    @rule()
    def wait_for_the_next_timer(self) -> None:
        due = self.subscription.due
        assert due is not None
        self.now = max(self.now, due[0])
        self.wake()

    def wake(self) -> None:
        """What a worker does before it bills."""
        attempt = self.subscription.open_attempt
        if attempt:
            if attempt.state is AttemptState.IN_FLIGHT and self.now >= attempt.claimed_at + LEASE:
                self.abandon(attempt.id)
            else:
                self.write(lambda current: look_again(current, None, self.now))
        else:
            self.write(self._move_on)

    def abandon(self, reference: str) -> None:
        self.write(lambda current: settle(current, reference, UNKNOWN, self.now, self.plan.dunning, self._charge()))

    def _charge(self) -> Charge | None:
        attempt = self.subscription.open_attempt
        return self.charges.get(attempt.obligation.charge or "") if attempt else None

    def _move_on(self, current: Subscription) -> Change | None:
        if current.is_due(Timer.END, self.now):
            return finish_cancel(current, self.now)
        if current.is_due(Timer.EXPIRY, self.now):
            return expire(current, self.now)
        if current.is_due(Timer.DUNNING, self.now):
            return end_grace_or_hold(current, self.plan, self.now)
        return None

    @rule(told=st.sampled_from([Activity.LOGGED, Activity.CLOSED, None]), withdrawn=st.booleans())
    def tell(self, told: Activity | None, withdrawn: bool) -> None:
        subscription = self.subscription
        if told:
            if RULES[subscription.rail].has_activity:
                self.write(lambda current: activity_acknowledged(current, told, self.now))
        elif withdrawn and subscription.state is State.PENDING:
            self.write(log_withdrawn)
        elif Timer.ACTIVITY in subscription.timers:
            self.write(lambda current: activity_failed(current, self.now))

    # --- what the ledger must say

    @invariant()
    def the_provider_debited_no_obligation_twice(self) -> None:
        taken = Counter(obligation for obligation, debits in self.debited.values() if debits)
        assert all(times == 1 for times in taken.values())

    @invariant()
    def every_attempt_is_open_or_closed_once_by_an_entry_that_is_true(self) -> None:
        closed = {entry.attempt.id: entry.kind for entry in self.entries if entry.attempt and entry.kind in CLOSED}
        attempt = self.subscription.open_attempt
        assert set(self.debited) == set(closed) | ({attempt.id} if attempt else set())
        assert sum(entry.kind in CLOSED for entry in self.entries) == len(closed)
        for reference, kind in closed.items():
            assert (kind is EntryKind.ATTEMPT_PAID) is self.debited[reference][1]

    @invariant()
    def every_period_before_the_next_is_paid_or_given_up_by_a_named_rule(self) -> None:
        accounted: list[int] = []
        for entry in self.entries:
            if entry.kind is EntryKind.PERIODS_WRITTEN_OFF:
                accounted += range(int(entry.detail["first"]), int(entry.detail["last"]) + 1)
            elif entry.attempt and entry.kind is EntryKind.ATTEMPT_PAID and entry.attempt.obligation.period:
                accounted.append(entry.attempt.obligation.period)
        assert sorted(accounted) == list(range(self.first_period, self.subscription.next_period))

    @invariant()
    def nothing_is_claimed_after_a_cancel(self) -> None:
        assert self.cancelled_after in (None, self.subscription.attempts)


def _periods(first: int, length: int) -> WriteOff:
    return WriteOff(first, first + length, "catch_up_bill_latest")


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)
