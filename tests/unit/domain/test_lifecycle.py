"""Any sequence of claims, outcomes, decisions, late debits, pauses, cancels, clock moves and looks keeps the invariants
and takes no money twice, unless a person has said of a debit that it was none."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from pinbill.domain.activity import OWED, activity_acknowledged, activity_failed, log_withdrawn, owe_log
from pinbill.domain.attempts import AttemptKind, AttemptState, BillResult, Decision, Evidence, Source
from pinbill.domain.catalog import CatchUp, PinRules, RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period, reclaim_charge
from pinbill.domain.deciding import VERDICTS, allowed, decide
from pinbill.domain.ending import When, cancel, expire, finish_cancel
from pinbill.domain.money import Money
from pinbill.domain.pausing import pause, resume
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.refunds import debit_of, refund
from pinbill.domain.renewal import WriteOff, end_grace_or_hold, write_off, written_off
from pinbill.domain.settlement import add_evidence, look_again, settle
from pinbill.domain.starting import new_pin, start_trial, try_pin
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer
from tests.unit.domain.lifecycle import LifecycleBooks
from tests.unit.domain.samples import (
    BILLED,
    CLASSES,
    NOT_CHARGED,
    NOT_SENT,
    PAID,
    PENDING,
    UNKNOWN,
    declined,
    plan,
    standing,
)

WITHOUT_DEBIT = [NOT_SENT, NOT_CHARGED, *map(declined, CLASSES)]
OPEN = [PENDING, UNKNOWN]
answers = st.one_of(st.just(None), st.sampled_from(OPEN), st.sampled_from(WITHOUT_DEBIT))  # None: what is true
words = st.sampled_from(["declined", "suspended", "payment_not_listed"])
PIN = PinRules()


class Lifecycle(LifecycleBooks):
    """What partners, the schedule, the provider and operators do with one subscription, in any order."""

    @initialize(
        rail=st.sampled_from(RailName),
        state=st.sampled_from([State.PENDING, State.PENDING, *BILLED]),
        unit=st.sampled_from(Unit),
        catch_up=st.sampled_from(CatchUp),
        trial=st.sampled_from([0, 0, 7]),
    )
    def subscribe(self, rail: RailName, state: State, unit: Unit, catch_up: CatchUp, trial: int) -> None:
        self.plan = plan(rail, recurrence=Recurrence(unit, 1), catch_up=catch_up, trial_days=trial)
        self.start(standing(state, rail, recurrence=self.plan.recurrence))

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
        charge = self.charge_of_open()
        before = self.subscription.next_period
        change = self.write(lambda c: settle(c, attempt.id, result, self.now, self.plan.dunning, charge))
        if change:
            self.closed_a_period(before, attempt)

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

    # --- what nobody knows

    @precondition(lambda self: self.subscription.open_attempt)
    @rule(says=words, source=st.sampled_from([Source.CALLBACK, Source.INQUIRY]))
    def learn(self, says: str, source: Source) -> None:
        attempt, before = self.subscription.open_attempt, self.subscription
        assert attempt is not None
        self.write(lambda current: add_evidence(current, attempt.id, Evidence(self.now, source, says)))
        assert self.subscription.timers == before.timers
        assert self.subscription.next_period == before.next_period

    @precondition(lambda self: self.subscription.open_attempt)
    @rule(verdict=st.sampled_from(VERDICTS), errs=st.booleans(), unseen=st.sampled_from([0, 0, 0, 1]))
    def decide(self, verdict: AttemptState, errs: bool, unseen: int) -> None:
        """A person looks at what is known, and is right unless they err."""
        attempt, before = self.subscription.open_attempt, self.subscription.next_period
        assert attempt is not None
        taken = self.debited[attempt.id][1]
        if not errs:
            verdict = AttemptState.PAID if taken else AttemptState.NOT_CHARGED
        possible_from = allowed(self.subscription.rail, attempt).get(verdict)
        decision = Decision("ann", "report", len(attempt.evidence) - unseen)
        change = self.write(
            lambda c: decide(c, attempt.id, verdict, decision, self.now, self.plan.dunning, self.charge_of_open())
        )
        may = attempt.state is not AttemptState.IN_FLIGHT and not unseen
        assert (change is not None) is bool(may and possible_from and self.now >= possible_from)
        if change:
            self.closed_a_period(before, attempt)
            assert self.attempt(attempt.id).decision == decision
            if taken is not (verdict is AttemptState.PAID):
                (self.denied if taken else self.imagined).add(attempt.id)

    @rule(what=st.sampled_from(["a", "b", None]), errs=st.booleans())
    def lose_an_answer(self, what: str | None, errs: bool) -> None:
        """The long way at once: asked and debited, the answer lost, and a person decides as soon as they may."""
        if self.subscription.open_attempt:
            return
        if what:
            self.charge(what, debits=True)
        elif self.subscription.state is State.PENDING:
            self.confirm(debits=True)
        else:
            self.renew(debits=True)
        attempt = self.subscription.open_attempt
        if attempt:
            self.abandon(attempt.id)
            self.now += RULES[self.subscription.rail].settle_window
            self.decide(AttemptState.NOT_CHARGED, errs=errs, unseen=0)

    @precondition(lambda self: any(taken for _, taken in self.debited.values()))
    @rule(at=st.integers(0, 100))
    def prove(self, at: int) -> None:
        """The provider proves a debit, of whatever attempt, however late and how often."""
        taken = [reference for reference, (_, debits) in self.debited.items() if debits]
        self.proved(taken[at % len(taken)])

    @precondition(lambda self: self.debited)
    @rule(
        at=st.integers(0, 100), minor=st.sampled_from([1, 98, 99, 450]), transaction=st.sampled_from([None, "a", "b"])
    )
    def refund(self, at: int, minor: int, transaction: str | None) -> None:
        debit = debit_of(self.entries[::-1], list(self.debited)[at % len(self.debited)])
        if debit is None:
            return
        before = self.subscription
        amount = Money(minor, "GBP")
        change = self.write(lambda c: refund(c, self.entries[::-1], debit, amount, transaction, self.now))
        if change:
            assert replace(change.after, version=before.version, seq=before.seq) == before

    # --- a pause

    @precondition(lambda self: self.subscription.schedule)
    @rule(wait=st.sampled_from([None, timedelta(hours=1), timedelta(days=40)]))
    def pause(self, wait: timedelta | None) -> None:
        self.write(lambda current: pause(current, self.now, self.now + wait if wait else None))

    @precondition(lambda self: self.subscription.state is State.PAUSED)
    @rule()
    def resume(self) -> None:
        """What was left when the pause began is left when it ends."""
        before = self.subscription
        assert before.schedule is not None
        assert before.paused_at is not None
        left = before.schedule.start(before.next_period) - before.paused_at
        self.write(lambda current: resume(current, self.now))
        after = self.subscription
        assert after.schedule is not None
        assert after.schedule.start(after.next_period) - self.now >= left

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

    def _move_on(self, current: Subscription) -> Change | None:
        if current.is_due(Timer.END, self.now):
            return finish_cancel(current, self.now)
        if current.is_due(Timer.EXPIRY, self.now):
            return expire(current, self.now)
        if current.is_due(Timer.DUNNING, self.now):
            return end_grace_or_hold(current, self.plan, self.now)
        if current.is_due(Timer.RESUME, self.now):
            return resume(current, self.now)
        return None

    @rule(told=st.sampled_from([*sorted(OWED), None]), withdrawn=st.booleans())
    def tell(self, told: Activity | None, withdrawn: bool) -> None:
        subscription = self.subscription
        if told:
            if RULES[subscription.rail].has_activity:
                self.write(lambda current: activity_acknowledged(current, told, self.now))
        elif withdrawn and subscription.state is State.PENDING:
            self.write(log_withdrawn)
        elif Timer.ACTIVITY in subscription.timers:
            self.write(lambda current: activity_failed(current, self.now))


def _periods(first: int, length: int) -> WriteOff:
    return WriteOff(first, first + length, "catch_up_bill_latest")


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)
