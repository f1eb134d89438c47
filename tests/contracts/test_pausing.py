"""A pause and what it leaves behind come back from every store as they were written."""

from datetime import datetime, timedelta

import pytest

from pinbill.domain.journal import EntryKind
from pinbill.domain.pausing import pause, resume
from pinbill.domain.subscription import Subscription, Timer
from pinbill.usecases.ports.store import Store
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER, active

DAY = timedelta(days=1)
PAUSED_AT = START - DAY + timedelta(microseconds=123_456)


@pytest.fixture
def subscription(store: Store) -> Subscription:
    created, entry = active()
    return store.create(created, entry)


@pytest.mark.parametrize("resume_at", [None, START + 30 * DAY])
def test_a_paused_subscription_is_read_back_as_it_was_written(
    store: Store, subscription: Subscription, resume_at: datetime | None
) -> None:
    paused = pause(subscription, PAUSED_AT, resume_at)
    assert paused is not None
    store.commit(paused)

    found = store.subscription(PARTNER, "SUB1")

    assert found == paused.after
    assert (found.paused_at, found.timers.get(Timer.RESUME)) == (PAUSED_AT, resume_at)


def test_a_resumed_subscription_keeps_its_numbers_of_periods_and_its_new_calendar(
    store: Store, subscription: Subscription
) -> None:
    paused = pause(subscription, PAUSED_AT)
    assert paused is not None
    store.commit(paused)
    resumed = resume(store.subscription(PARTNER, "SUB1"), START + 20 * DAY)
    assert resumed is not None
    store.commit(resumed)

    found = store.subscription(PARTNER, "SUB1")

    assert found == resumed.after
    assert found.schedule is not None
    assert (found.schedule.first, found.interrupted_since) == (2, subscription.period_started_at)
    rows = store.journal(PARTNER, "SUB1", 50, None, money_only=False).rows
    assert [entry.kind for entry in rows] == [EntryKind.RESUMED, EntryKind.PAUSED, EntryKind.SUBSCRIBED]
    assert rows[1] == paused.entries[0]
