"""The retries: in order, patient with who fails, fast with who answers again, and off only after three days."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from pinbill.domain.deliveries import KEPT, LONGEST_WAIT, PATIENCE, Health
from pinbill.domain.webhooks import Disabled
from pinbill.errors import StoreUnavailable
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.webhook_retry import LEASE, RUN_SECONDS, Redelivered
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER
from tests.unit.usecases.telling import MINUTE, Telling

HOUR = timedelta(hours=1)


def refusing(*ids: str) -> Callable[[str, Mapping[str, Any]], str]:
    """A receiver that fails with these subscriptions."""
    return lambda url, event: "500" if any(id in event["id"] for id in ids) else "200"


@pytest.fixture
def telling() -> Telling:
    telling = Telling()
    telling.endpoint()
    return telling


def failed(telling: Telling, *ids: str, code: str = "500") -> None:
    """Events of these subscriptions were not taken."""
    telling.receivers.answers = lambda url, event: code
    telling.feed(*[telling.happens(telling.subscription(id, 200 + int(id[3:]))) for id in ids])
    telling.receivers.answers = lambda url, event: "200"


def test_what_was_not_taken_comes_again_in_order_and_then_nothing_is_owed(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.feed(telling.happens("SUB1", entries=2))

    assert telling.retry() == Redelivered(), "not before its time"
    telling.clock.advance(MINUTE)
    assert telling.retry() == Redelivered(delivered=3)

    assert telling.receivers.taken("SUB1") == [2, 3, 4]
    assert (telling.owed(), telling.behind()) == ({}, None)


def test_what_happens_after_everything_was_made_up_for_is_told_at_once(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.clock.advance(MINUTE)
    telling.retry()

    telling.feed(telling.happens("SUB1"))

    assert telling.receivers.taken("SUB1") == [2, 3]


def test_a_subscription_that_goes_on_failing_waits_longer_each_time_and_keeps_no_other_waiting(
    telling: Telling,
) -> None:
    failed(telling, "SUB1")
    failed(telling, "SUB2")
    telling.receivers.answers = refusing("SUB1")

    waits = []
    for _ in range(12):
        before = telling.clock.now()
        backlog = telling.backlog()
        assert backlog is not None
        assert backlog.next_at is not None
        waits.append(backlog.next_at - before)
        telling.clock.set(backlog.next_at)
        telling.retry()

    assert telling.receivers.taken("SUB2") == [2]
    assert waits[:4] == [0.75 * MINUTE, 1.5 * MINUTE, 3 * MINUTE, 6 * MINUTE]
    assert waits[-1] == 0.75 * LONGEST_WAIT
    assert [each.number for each in telling.logged() if each.subscription_id == "SUB1"] == list(range(1, 14))


def test_while_an_endpoint_fails_it_is_probed_with_one_event_at_a_time(telling: Telling) -> None:
    failed(telling, "SUB1", "SUB2", "SUB3", "SUB4")
    telling.receivers.answers = lambda url, event: "503"
    before = len(telling.receivers.received)

    for _ in range(3):
        behind = telling.behind()
        assert behind is not None
        assert behind.health.next_at is not None
        telling.clock.set(behind.health.next_at)
        telling.retry()

    probes = [each.id for each in telling.receivers.received[before:]]
    assert len(probes) == 3
    assert len(set(probes)) == 3, "each time another subscription's"


def test_once_it_answers_again_everything_is_made_up_for_in_one_run(telling: Telling) -> None:
    ids = [f"SUB{n}" for n in range(9)]
    failed(telling, *ids, code="connect_failed")
    for _ in range(5):
        telling.feed(*[telling.happens(id) for id in ids])
    telling.clock.advance(LONGEST_WAIT)

    assert telling.retry() == Redelivered(delivered=54)

    assert all(telling.receivers.taken(id) == [2, 3, 4, 5, 6, 7] for id in ids)
    assert telling.behind() is None


def test_a_probe_comes_when_the_receiver_asks_for_it_within_an_hour(telling: Telling) -> None:
    failed(telling, "SUB1", code="429")
    telling.receivers.answers = lambda url, event: "429"
    telling.receivers.retry_after = 1800
    telling.clock.advance(MINUTE)
    telling.retry()
    behind = telling.behind()

    assert behind is not None
    assert behind.health.next_at == telling.clock.now() + timedelta(seconds=1800)


@pytest.mark.parametrize("subscriptions", [1, 5])
def test_an_endpoint_is_switched_off_only_after_three_days_without_one_success(
    telling: Telling, subscriptions: int
) -> None:
    failed(telling, *[f"SUB{n}" for n in range(subscriptions)])
    telling.receivers.answers = lambda url, event: "500"
    begun = telling.clock.now()

    while telling.endpoints.endpoint(PARTNER, "we_1").is_enabled:
        telling.clock.advance(MINUTE)
        telling.retry()
        assert telling.clock.now() - begun < PATIENCE + 2 * LONGEST_WAIT

    off = telling.endpoints.endpoint(PARTNER, "we_1")
    assert off.disabled is Disabled.FAILED
    assert PATIENCE <= telling.clock.now() - begun <= PATIENCE + LONGEST_WAIT
    assert len(telling.receivers.received) > 72, "an hour apart at most"
    assert telling.telemetry.count(Observation.WEBHOOK_SWITCHED_OFF) == 1


def test_one_success_in_three_days_keeps_it_on(telling: Telling) -> None:
    failed(telling, "SUB1", "SUB2", "SUB3")
    telling.receivers.answers = lambda url, event: "500"
    for _ in range(70):
        telling.clock.advance(HOUR)
        telling.retry()
    telling.receivers.answers = refusing("SUB1", "SUB2")
    telling.clock.advance(HOUR)
    telling.retry()
    telling.retry()
    telling.clock.advance(HOUR)
    telling.retry()
    telling.receivers.answers = lambda url, event: "500"
    for _ in range(70):
        telling.clock.advance(HOUR)
        telling.retry()

    assert telling.receivers.taken("SUB3") == [2]
    assert telling.endpoints.endpoint(PARTNER, "we_1").is_enabled


def test_an_endpoint_that_was_switched_on_again_gets_what_happens_from_then_on(telling: Telling) -> None:
    failed(telling, "SUB1")
    off = telling.endpoints.endpoint(PARTNER, "we_1")
    telling.endpoints.put(off.switched_off(Disabled.BY_HAND, telling.clock.now()))
    telling.feed(telling.happens("SUB1"))
    telling.endpoints.put(telling.endpoints.endpoint(PARTNER, "we_1").switched_on())

    telling.feed(telling.happens("SUB1"))
    telling.clock.advance(HOUR)
    telling.retry()
    telling.feed(telling.happens("SUB1"))

    assert telling.receivers.taken("SUB1") == [4, 5]
    assert dict(telling.backlogs.all_behind()) == {}


def test_a_second_run_leaves_alone_what_the_first_one_serves_unless_that_has_died(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.clock.advance(MINUTE)
    telling.parts.owing.touch(telling.place(), lambda behind: _leased(behind, telling))

    nothing = telling.retry()
    telling.clock.advance(LEASE)

    assert (nothing.delivered, telling.retry().delivered) == (0, 1)


def _leased(behind: Any, telling: Telling) -> Any:
    return type(behind)(behind.health, telling.clock.now() + LEASE, behind.version)


def test_a_run_ends_in_time_and_the_next_goes_on_where_it_ended(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.feed(*[telling.happens("SUB1") for _ in range(9)])

    def slowly(url: str, event: object) -> str:
        telling.steady += RUN_SECONDS / 4
        return "200"

    telling.receivers.answers = slowly
    telling.receivers.ms = int(RUN_SECONDS * 250)
    telling.clock.advance(MINUTE)
    first = telling.retry()
    telling.clock.advance(MINUTE)
    second = telling.retry()

    assert (first.delivered, second.delivered) == (4, 4)
    assert telling.receivers.taken("SUB1") == list(range(2, 10)), "nothing twice"


def test_a_long_backlog_is_worked_off_page_by_page(telling: Telling) -> None:
    failed(telling, "SUB1")
    for _ in range(60):
        telling.feed(telling.happens("SUB1", entries=2))
    telling.clock.advance(MINUTE)

    assert telling.retry().delivered == 121

    assert telling.receivers.taken("SUB1") == list(range(2, 123))
    assert telling.owed() == {}


def test_a_run_that_the_store_fails_leaves_what_is_owed_to_the_next(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.clock.advance(MINUTE)
    telling.receivers.answers = _raising_once()

    with pytest.raises(StoreUnavailable):
        telling.retry()
    telling.clock.advance(LEASE)

    assert telling.retry().delivered == 1
    assert telling.receivers.taken("SUB1") == [2]


def _raising_once() -> Callable[[str, Mapping[str, Any]], str]:
    fates = iter(["away"])

    def fate(url: str, event: Mapping[str, Any]) -> str:
        if next(fates, None):
            raise StoreUnavailable
        return "200"

    return fate


def test_an_endpoint_that_was_removed_is_owed_nothing(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.endpoints.remove(telling.endpoints.endpoint(PARTNER, "we_1"))

    telling.clock.advance(MINUTE)
    telling.retry()

    assert dict(telling.backlogs.all_behind()) == {}
    assert telling.receivers.taken() == []


def test_gone_is_heard_by_the_retries_too(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.receivers.answers = lambda url, event: "410"
    telling.clock.advance(MINUTE)

    telling.retry()

    assert telling.endpoints.endpoint(PARTNER, "we_1").disabled is Disabled.GONE


def test_what_a_subscription_was_owed_for_thirty_days_is_given_up_and_told(telling: Telling) -> None:
    failed(telling, "SUB1")
    telling.receivers.answers = refusing("SUB1")
    other = telling.subscription("SUB2", 222)
    while telling.backlog() is not None:
        telling.clock.advance(12 * HOUR)
        telling.feed(telling.happens(other))  # the endpoint takes what is of others
        telling.retry()

    assert KEPT <= telling.clock.now() - START <= KEPT + timedelta(days=1)
    assert telling.telemetry.count(Observation.WEBHOOK_GIVEN_UP) == 1
    assert telling.endpoints.endpoint(PARTNER, "we_1").is_enabled


def test_what_cannot_be_read_waits_by_its_own_ladder(telling: Telling) -> None:
    failed(telling, "SUB1", "SUB2")
    telling.store.entries[PARTNER, "SUB1"][1] = None  # type: ignore[call-overload]
    telling.clock.advance(MINUTE)

    telling.retry()

    assert telling.receivers.taken("SUB2") == [2]
    assert telling.owed() == {"SUB1": (2, 2)}
    assert telling.telemetry.count(Observation.WEBHOOK_UNREADABLE) == 1


def test_an_endpoint_that_is_slow_is_emptied_run_by_run_and_then_told_at_once_again(telling: Telling) -> None:
    ids = [telling.subscription(f"SUB{n}", 200 + n) for n in range(8)]

    def slowly(url: str, event: object) -> str:
        telling.steady += 9.0
        return "200"

    telling.receivers.answers, telling.receivers.ms = slowly, 9000
    telling.feed(*[telling.happens(id) for id in ids])
    runs = telling.retry_until_quiet()
    telling.receivers.answers, telling.receivers.ms = lambda url, event: "200", 5
    telling.feed(telling.happens(ids[0]))

    assert runs <= 4
    assert telling.receivers.taken(ids[0]) == [2, 3]
    assert dict(telling.backlogs.all_behind()) == {}


def test_a_held_endpoint_that_is_owed_nothing_is_tried_with_the_next_event(telling: Telling) -> None:
    failed(telling, "SUB1", code="timeout")
    backlog = telling.backlog()
    assert backlog is not None
    telling.backlogs.remove(telling.place(), backlog)  # as when it expires
    telling.clock.advance(HOUR)
    telling.retry()

    telling.feed(telling.happens("SUB1"))

    assert telling.receivers.taken("SUB1") == [3]
    assert (telling.behind() or Health()) == Health()
