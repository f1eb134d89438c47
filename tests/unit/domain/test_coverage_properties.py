"""Whatever is done to a subscription, each of its periods has one outcome; what is taken from its journal is found."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import override

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from pinbill.domain.attempts import AttemptState
from pinbill.domain.catalog import CatchUp, RailName
from pinbill.domain.coverage import PATIENCE, Coverage, Outcome, cover
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.journal_checks import Flaw
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rails import LEASE
from pinbill.domain.states import State
from tests.unit.domain.journals import LONG, numbered
from tests.unit.domain.samples import NOW, plan, standing
from tests.unit.domain.test_lifecycle import Lifecycle

FINAL = {Outcome.PAID, Outcome.FREE, Outcome.GIVEN_UP, Outcome.FORGIVEN}
# Entries by which a period has its outcome, or its start.
WEIGHTY = {EntryKind.ATTEMPT_PAID, EntryKind.PERIODS_WRITTEN_OFF, EntryKind.TRIAL_STARTED}


class Covered(Lifecycle):
    """Any life from the PIN on, judged by its journal after every step."""

    @initialize(
        rail=st.sampled_from(RailName),
        state=st.just(State.PENDING),
        unit=st.sampled_from([Unit.DAY, Unit.DAY, Unit.WEEK, Unit.MONTH]),
        catch_up=st.sampled_from(CatchUp),
        trial=st.sampled_from([0, 0, 7]),
    )
    @override
    def subscribe(self, rail: RailName, state: State, unit: Unit, catch_up: CatchUp, trial: int) -> None:
        self.plan = plan(rail, recurrence=Recurrence(unit, 1), catch_up=catch_up, trial_days=trial)
        self.start(standing(state, rail, recurrence=self.plan.recurrence, trial_days=trial))
        self.entries = [Entry(1, NOW, EntryKind.SUBSCRIBED, State.PENDING)]

    def covered(self, entries: Sequence[Entry] | None = None, seq: int | None = None) -> Coverage:
        told = replace(self.subscription, seq=self.subscription.seq if seq is None else seq)
        return cover(told, self.entries if entries is None else entries, NOW - LONG, NOW + LONG, self.now)

    @invariant()
    def each_period_that_has_begun_has_one_outcome_and_the_settled_ones_a_final_one(self) -> None:
        covered, subscription = self.covered(), self.subscription
        periods = [row.period for row in covered.rows if row.period > 0]
        assert periods == list(range(1, len(periods) + 1))
        assert all(row.outcome in FINAL for row in covered.rows if row.period < subscription.next_period)
        if subscription.schedule and subscription.cancel_at is None and subscription.ended_at is None:
            begun = subscription.schedule.period_at(self.now)
            assert len(periods) == max(begun, 0)

    @invariant()
    def nothing_is_found_but_what_nobody_has_worked_off_and_what_a_person_got_wrong(self) -> None:
        findings = self.covered().findings
        flaws = {finding.flaw for finding in findings}
        back = sum(entry.kind is EntryKind.EXCESS_DEBIT for entry in self.entries)
        assert flaws <= {Flaw.MISSING} | ({Flaw.EXCESS} if back else set())
        assert Flaw.MISSING not in flaws or self._is_neglected(), findings

    def _is_neglected(self) -> bool:
        """Whether something has waited for a day, and this machine has done nothing about it."""
        waits = list(self.subscription.timers.values())
        attempt = self.subscription.open_attempt
        if attempt and attempt.state is AttemptState.IN_FLIGHT:
            waits.append(attempt.claimed_at + LEASE)
        return any(at + PATIENCE < self.now for at in waits)

    @override
    def teardown(self) -> None:
        super().teardown()
        random = Random(len(self.entries))
        journal = [entry for entry in self.entries if entry.kind is not EntryKind.SUBSCRIBED]
        for lost in random.sample(journal, min(len(journal), 5)):
            self._is_found_when_lost(lost)
            self._is_found_when_there_twice(lost)

    def _is_found_when_lost(self, lost: Entry) -> None:
        left = [entry for entry in self.entries if entry is not lost]
        assert Flaw.HOLE in {finding.flaw for finding in self.covered(left).findings}
        hidden = {finding.flaw for finding in self.covered(numbered(left), len(left)).findings}
        # That a charge was paid after all stands in its own record, too: a period has nothing but the journal.
        is_charge = lost.attempt is not None and lost.attempt.obligation.charge is not None
        if lost.kind in WEIGHTY and self._began(lost) and not is_charge:
            assert hidden & {Flaw.MISSING, Flaw.CALENDAR}

    def _is_found_when_there_twice(self, entry: Entry) -> None:
        twice = [*self.entries, entry]
        assert Flaw.HOLE in {finding.flaw for finding in self.covered(twice).findings}
        hidden = {finding.flaw for finding in self.covered(numbered(twice), len(twice)).findings}
        if entry.kind in WEIGHTY and self._began(entry):
            assert Flaw.DOUBLE in hidden

    def _began(self, entry: Entry) -> bool:
        """Whether the entry is of a period that has begun: nobody looks for others yet."""
        attempt = entry.attempt
        if attempt and attempt.obligation.period is None:
            return True  # a charge: its attempt, or its second payment, is found whenever it was
        number = int(entry.detail["first"]) if "first" in entry.detail else attempt.obligation.period if attempt else 0
        return number is None or number in {row.period for row in self.covered().rows}


TestCovered = Covered.TestCase
TestCovered.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
