"""One subscription in virtual time, the books of all that was ever written of it, and what they must say."""

from collections import Counter
from collections.abc import Callable
from typing import override

from hypothesis.stateful import RuleBasedStateMachine, invariant

from pinbill.domain.attempts import Attempt, AttemptKind, AttemptState
from pinbill.domain.catalog import Plan
from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.refunds import DEBITED
from pinbill.domain.settlement import settle, settle_late
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.errors import PinbillError
from tests.unit.domain.invariants import check_change
from tests.unit.domain.samples import NOW, PAID, UNKNOWN

CLOSED = {
    EntryKind.ATTEMPT_PAID,
    EntryKind.ATTEMPT_DECLINED,
    EntryKind.ATTEMPT_NOT_SENT,
    EntryKind.ATTEMPT_NOT_CHARGED,
    EntryKind.EXCESS_DEBIT,
}


class LifecycleBooks(RuleBasedStateMachine):
    """`debited` is the provider's ledger and the judge: reference -> obligation, and whether money was taken."""

    plan: Plan

    def start(self, subscription: Subscription) -> None:
        """Begin with a subscription of which nothing was written."""
        self.now = NOW
        self.subscription = subscription
        self.first_period = subscription.next_period
        self.entries: list[Entry] = []
        self.charges: dict[str, Charge] = {}
        self.cancelled_after: int | None = None  # how many claims there were when a cancel was acknowledged
        self.debited: dict[str, tuple[str, bool]] = {}
        self.denied: set[str] = set()  # debits of which a person has said that they were none
        self.imagined: set[str] = set()  # the reverse

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
        assert change.before.state is not State.PAUSED, "money was claimed in a pause"
        attempt = change.after.open_attempt
        assert attempt is not None
        assert attempt.id not in self.debited, "a reference was used twice"
        paid = [e.attempt.obligation for e in self.entries if e.attempt and e.kind is EntryKind.ATTEMPT_PAID]
        assert attempt.obligation not in paid, "what is paid was asked for again"
        self.debited[attempt.id] = str(attempt.obligation), debits

    def closed_a_period(self, before: int, attempt: Attempt) -> None:
        """A period is over with its bill if that was paid, or an earlier bill of it was."""
        settled = self.attempt(attempt.id)
        is_over = settled.state is AttemptState.PAID or (settled.covered_by and not settled.is_open)
        assert self.subscription.next_period == before + bool(is_over and attempt.kind is not AttemptKind.CHARGE)

    def proved(self, reference: str) -> None:
        attempt = self.attempt(reference)
        if attempt.is_open:
            self.write(lambda c: settle(c, reference, PAID, self.now, self.plan.dunning, self.charge_of_open()))
        elif attempt.state is not AttemptState.PAID:
            charge = self.charges.get(attempt.obligation.charge or "")
            self.write(lambda current: settle_late(current, attempt, PAID, self.now, charge))

    def abandon(self, reference: str) -> None:
        self.write(
            lambda current: settle(current, reference, UNKNOWN, self.now, self.plan.dunning, self.charge_of_open())
        )

    def charge_of_open(self) -> Charge | None:
        attempt = self.subscription.open_attempt
        return self.charges.get(attempt.obligation.charge or "") if attempt else None

    def attempt(self, reference: str) -> Attempt:
        """The attempt as it stands: open, or as its last row has it."""
        current = self.subscription.open_attempt
        if current and current.id == reference:
            return current
        rows = (entry.attempt for entry in reversed(self.entries) if entry.attempt)
        return next(attempt for attempt in rows if attempt.id == reference)

    # --- what the ledger must say

    @invariant()
    def the_provider_debited_no_obligation_twice_unless_a_person_denied_a_debit(self) -> None:
        taken = Counter(obligation for obligation, debits in self.debited.values() if debits)
        denied = {self.debited[reference][0] for reference in self.denied}
        assert all(times == 1 or obligation in denied for obligation, times in taken.items())

    @invariant()
    def every_attempt_is_open_or_closed_once_and_proved_at_most_once_after_that(self) -> None:
        attempt = self.subscription.open_attempt
        rows: dict[str, list[EntryKind]] = {attempt.id: []} if attempt else {}
        for entry in self.entries:
            if entry.attempt and entry.kind in CLOSED:
                rows.setdefault(entry.attempt.id, []).append(entry.kind)
        assert set(rows) == set(self.debited)
        for reference, kinds in rows.items():
            assert [kind in DEBITED for kind in kinds] in ([], [False], [True], [False, True])
            assert bool(kinds) is not (attempt is not None and attempt.id == reference)

    @invariant()
    def our_ledger_is_the_providers_but_for_what_a_person_got_wrong(self) -> None:
        booked = {entry.attempt.id for entry in self.entries if entry.attempt and entry.kind in DEBITED}
        taken = {reference for reference, (_, debits) in self.debited.items() if debits}
        attempt = self.subscription.open_attempt
        assert booked - taken == self.imagined
        assert taken - booked <= self.denied | ({attempt.id} if attempt else set())

    @invariant()
    def every_period_before_the_next_is_paid_or_given_up_by_a_named_rule(self) -> None:
        accounted: list[int] = []
        for entry in self.entries:
            if entry.kind is EntryKind.PERIODS_WRITTEN_OFF:
                accounted += range(int(entry.detail["first"]), int(entry.detail["last"]) + 1)
            elif entry.attempt and entry.kind is EntryKind.ATTEMPT_PAID and entry.attempt.obligation.period:
                accounted.append(entry.attempt.obligation.period)
        attempt = self.subscription.open_attempt
        covered = bool(attempt and attempt.covered_by and attempt.obligation.period)
        assert sorted(accounted) == list(range(self.first_period, self.subscription.next_period + covered))

    @invariant()
    def no_more_is_given_back_than_was_taken(self) -> None:
        back: Counter[str] = Counter()
        for entry in self.entries:
            if entry.kind is EntryKind.REFUNDED:
                assert entry.attempt is not None
                back[entry.attempt.id] += int(entry.detail["minor"])
                assert back[entry.attempt.id] <= entry.attempt.amount.minor

    @override
    def teardown(self) -> None:
        """In the end everything is proved: then only what a person has imagined is in one ledger alone."""
        for reference, (_, debits) in self.debited.items():
            if debits:
                self.proved(reference)
        booked = Counter(entry.attempt.id for entry in self.entries if entry.attempt and entry.kind in DEBITED)
        taken = {reference for reference, (_, debits) in self.debited.items() if debits}
        assert booked == Counter(taken | self.imagined)

    @invariant()
    def nothing_is_claimed_after_a_cancel(self) -> None:
        assert self.cancelled_after in (None, self.subscription.attempts)
