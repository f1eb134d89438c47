"""Two years of some hundred subscriptions are covered and booked alike; and what is taken away or added is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import override

import pytest

from pinbill.domain.change import Change
from pinbill.domain.coverage import Outcome
from pinbill.domain.journal import EntryKind
from pinbill.domain.subscription import Subscription, Timer
from tests.simulation.time_machine.__main__ import main
from tests.simulation.time_machine.proof import prove
from tests.simulation.time_machine.rows import SortedStore
from tests.simulation.time_machine.shard import Shard, Spec

TICK = timedelta(hours=4)


class ForgetfulStore(SortedStore):
    """What `forgets` makes of a change is what is written."""

    def __init__(self, forgets: Callable[[Change], Change]) -> None:
        super().__init__(shards=1)
        self._forgets = forgets

    @override
    def commit(self, change: Change) -> None:
        super().commit(self._forgets(change))


class Unswept(Shard):
    """A schedule that never sweeps: what a lost message was to wake, comes up a period later."""

    @override
    def _sweep(self) -> None:
        """Nothing."""


@pytest.fixture
def small() -> Shard:
    return Shard(Spec(3, 60, 4, TICK)).play()


def _renewed(shard: Shard) -> Subscription:
    """One that is billed by the month, lives, and has paid some periods."""
    return next(each for each in shard.store.subscriptions.values() if each.next_period > 3 and each.renews)


def test_every_month_of_two_years_is_covered_and_both_ledgers_are_equal() -> None:
    shown = prove(Shard(Spec(5, 300, 24, TICK)).play())  # a seed with a long outage
    assert shown.wrong == []
    assert shown.ours == shown.theirs
    found = {outcome for _, outcome in shown.months}
    ordinary = {Outcome.PAID, Outcome.FREE, Outcome.GIVEN_UP, Outcome.FORGIVEN, Outcome.ENDED}
    assert {outcome.value for outcome in ordinary} <= found
    assert shown.renewals > 4_000
    assert shown.done["messages lost"] > 0
    assert shown.done["workers killed while they asked for money"] > 0


def test_a_bill_that_is_dropped_is_found() -> None:
    dropped: set[str] = set()

    def drops_one(change: Change) -> Change:
        if change.after.next_period == 3 and not dropped - {change.after.id}:
            dropped.add(change.after.id)
            return change.timers({Timer.BILL: None})
        return change

    shown = prove(Shard(Spec(3, 60, 4, TICK), ForgetfulStore(drops_one)).play())
    (id,) = dropped
    assert shown.wrong
    assert all(line.startswith(f"{id}: missing: period ") for line in shown.wrong)


def test_bills_that_come_a_period_late_are_found() -> None:
    shown = prove(Unswept(Spec(3, 200, 6, TICK)).play())
    assert any(" days late" in line for line in shown.wrong)


def test_an_entry_that_is_lost_is_found(small: Shard) -> None:
    renewed = _renewed(small)
    entries = small.store.entries[renewed.partner, renewed.id]
    entries.remove(next(entry for entry in reversed(entries) if entry.kind is EntryKind.ATTEMPT_PAID))

    wrong = prove(small).wrong

    assert {line.split(": ")[1] for line in wrong} >= {"hole", "missing"}
    assert any(line.endswith("debited, and not in our ledger") for line in wrong)


def test_a_debit_that_is_not_ours_is_found(small: Shard) -> None:
    reference, debit = next(iter(small.provider.debits.items()))
    small.provider.debits[f"{reference}0"] = debit

    assert prove(small).wrong == [f"{reference}0: debited, and not in our ledger"]


def test_a_debit_before_its_period_is_found(small: Shard) -> None:
    renewed = _renewed(small)
    paid = [entry.attempt for entry in small.store.entries[renewed.partner, renewed.id] if entry.attempt]
    last = next(attempt for attempt in reversed(paid) if attempt.id in small.provider.debits)
    debit = small.provider.debits[last.id]
    small.provider.debits[last.id] = type(debit)(debit.amount, debit.at - timedelta(days=300))

    assert prove(small).wrong == [f"{last.id}: debited before its period began"]


def test_the_command_ends_with_zero_when_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--subscriptions", "40", "--months", "2", "--processes", "1"]) == 0
    shown = capsys.readouterr().out
    assert "2 months covered" in shown
    assert shown.rstrip().endswith("0 findings")
