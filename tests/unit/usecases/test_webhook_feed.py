"""The feed: each event once and in order, what is not taken is owed, and nobody waits for somebody else's endpoint."""

from dataclasses import replace

import pytest

from pinbill.domain.deliveries import OFF, PARKED, PATIENCE, Health
from pinbill.domain.webhooks import Disabled
from pinbill.errors import StoreUnavailable
from pinbill.usecases.feeding import Recorded
from pinbill.usecases.ports.telemetry import Observation
from pinbill.usecases.webhook_feed import LANE_SECONDS, Fed
from tests.fakes.clock import FakeClock
from tests.fakes.samples import PARTNER
from tests.unit.usecases.telling import MINUTE, Telling


@pytest.fixture
def telling() -> Telling:
    return Telling()


def test_what_happens_is_told_once_and_in_order_and_leaves_no_trace(telling: Telling) -> None:
    telling.endpoint()
    id = telling.subscription()

    fed = telling.feed(telling.happens(id), telling.happens(id, entries=2), telling.happens(id))

    assert fed == Fed(delivered=4)
    assert telling.receivers.taken(id) == [2, 3, 4, 5]
    assert (telling.owed(), telling.backlogs.writes) == ({}, 0)


def test_a_snapshot_is_as_of_its_event_or_of_the_change_that_made_several(telling: Telling) -> None:
    telling.endpoint()
    id = telling.subscription()

    telling.feed(telling.happens(id), telling.happens(id, entries=2))

    assert [(each.sequence, each.body["snapshot"]) for each in telling.receivers.received] == [(2, 2), (3, 4), (4, 4)]


def test_every_endpoint_is_told_and_one_of_other_services_is_not(telling: Telling) -> None:
    for id, services in (("we_1", ()), ("we_2", ("news",)), ("we_3", ("films",))):
        telling.endpoint(id, services)
    telling.subscription()

    telling.feed(telling.happens())

    assert sorted(each.url for each in telling.receivers.received) == ["https://we_1.example", "https://we_2.example"]


def test_another_partners_endpoint_hears_nothing(telling: Telling) -> None:
    stranger = telling.endpoint()
    telling.endpoints.remove(stranger)
    telling.endpoints.put(replace(stranger, partner="rival", version=0))
    telling.subscription()

    telling.feed(telling.happens())

    assert telling.receivers.received == []


@pytest.mark.parametrize("code", ["500", "404", "302", "199", "timeout", "dns_failed", "connection_lost"])
def test_what_is_not_taken_is_owed_with_all_that_follows_and_nothing_overtakes_it(telling: Telling, code: str) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: code if event["sequence"] == 3 else "200"
    id = telling.subscription()

    fed = telling.feed(telling.happens(id), telling.happens(id), telling.happens(id))

    assert fed == Fed(delivered=1, parked=1)
    assert telling.receivers.taken(id) == [2]
    assert telling.owed() == {id: (3, 4)}
    assert [(each.seq, each.number, each.code) for each in telling.logged()] == [
        (2, 1, "200"),
        (3, 1, code),
        (4, 0, PARKED),
    ]


def test_what_happens_to_a_subscription_that_is_owed_events_waits_behind_them(telling: Telling) -> None:
    telling.endpoint()
    id = telling.subscription()
    telling.receivers.answers = lambda url, event: "500"
    telling.feed(telling.happens(id))
    telling.receivers.answers = lambda url, event: "200"

    assert telling.feed(telling.happens(id)) == Fed(parked=1)

    assert telling.receivers.taken(id) == []
    assert telling.owed() == {id: (2, 3)}


def test_other_subscriptions_of_the_endpoint_go_on(telling: Telling) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: "500" if "SUB1" in event["id"] else "200"
    for number, id in enumerate(("SUB1", "SUB2", "SUB3"), 200):
        telling.subscription(id, number)

    telling.feed(telling.happens("SUB1"))
    telling.feed(telling.happens("SUB2"), telling.happens("SUB1"), telling.happens("SUB3"))

    assert (telling.receivers.taken("SUB2"), telling.receivers.taken("SUB3")) == ([2], [2])
    assert telling.owed() == {"SUB1": (2, 3)}


def test_a_batch_that_comes_twice_owes_nothing_twice_and_puts_nothing_in_front(telling: Telling) -> None:
    telling.endpoint()
    id = telling.subscription()
    telling.receivers.answers = lambda url, event: "500" if event["sequence"] == 3 else "200"
    batch = [telling.happens(id), telling.happens(id)]

    telling.feed(*batch)
    telling.feed(*batch)

    assert telling.owed() == {id: (3, 3)}
    assert telling.receivers.first_taken(id) == [2]


def test_an_endpoint_at_which_three_subscriptions_fail_in_turn_is_held(telling: Telling) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: "500"
    ids = [telling.subscription(f"SUB{n}", 200 + n) for n in range(5)]

    telling.feed(*[telling.happens(id) for id in ids])
    behind = telling.behind()

    assert behind is not None
    assert behind.health.is_held
    assert behind.health.failing_since == telling.clock.now()
    assert len(telling.receivers.received) == 3, "the others are not even tried"
    assert telling.owed() == dict.fromkeys(ids, (2, 2))
    assert telling.telemetry.count(Observation.WEBHOOK_HELD) == 1


def test_an_endpoint_that_gives_no_answer_is_held_at_once_and_nothing_more_is_sent_to_it(telling: Telling) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: "timeout"
    first, second = telling.subscription("SUB1", 201), telling.subscription("SUB2", 202)

    telling.feed(telling.happens(first))
    telling.receivers.answers = lambda url, event: "200"
    telling.feed(telling.happens(second))

    assert telling.receivers.taken() == []
    assert telling.owed() == {"SUB1": (2, 2), "SUB2": (2, 2)}


def test_a_failure_that_a_success_follows_is_forgotten(telling: Telling) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: "500" if "SUB1" in event["id"] else "200"
    first, second = telling.subscription("SUB1", 201), telling.subscription("SUB2", 202)

    telling.feed(telling.happens(first))
    failing = telling.behind()
    telling.feed(telling.happens(second))
    well = telling.behind()

    assert failing is not None
    assert (failing.health.strikes, failing.health.failing_since) == (1, telling.clock.now())
    assert well is not None
    assert well.health == Health()


def test_one_slow_endpoint_is_cut_off_and_then_served_apart(telling: Telling) -> None:
    telling.endpoint("we_slow", ["news"])
    telling.receivers.ms = 3000

    def slowly(url: str, event: object) -> str:
        telling.steady += 3.0
        return "200"

    telling.receivers.answers = slowly
    ids = [telling.subscription(f"SUB{n}", 200 + n) for n in range(6)]

    telling.feed(*[telling.happens(id) for id in ids])
    behind = telling.behind("we_slow")

    assert telling.steady <= LANE_SECONDS + 3.0
    assert len(telling.receivers.taken()) == 3
    assert len(telling.owed("we_slow")) == 3
    assert behind is not None
    assert behind.health.is_held
    assert behind.health.failing_since is None, "it does take what it is sent"


def test_an_endpoint_that_says_it_is_gone_is_switched_off_and_owed_nothing(telling: Telling) -> None:
    telling.endpoint()
    telling.receivers.answers = lambda url, event: "410"
    id = telling.subscription()

    telling.feed(telling.happens(id), telling.happens(id))
    off = telling.endpoints.endpoint(PARTNER, "we_1")
    telling.feed(telling.happens(id))

    assert (off.disabled, off.disabled_at) == (Disabled.GONE, telling.clock.now())
    assert len(telling.receivers.received) == 1
    assert telling.owed() == {}
    assert [(each.seq, each.code) for each in telling.logged()] == [(2, "410"), (3, OFF), (4, OFF)]
    assert telling.telemetry.count(Observation.WEBHOOK_SWITCHED_OFF) == 1


def test_an_endpoint_that_was_off_for_long_is_not_even_logged(telling: Telling) -> None:
    telling.endpoint()
    telling.endpoints.put(
        telling.endpoints.endpoint(PARTNER, "we_1").switched_off(Disabled.BY_HAND, telling.clock.now())
    )
    id = telling.subscription()

    telling.feed(telling.happens(id))
    telling.clock.advance(10 * PATIENCE)
    telling.feed(telling.happens(id))

    assert [each.seq for each in telling.logged()] == [2]


def test_what_cannot_be_read_is_set_aside_and_keeps_nobody_waiting(telling: Telling) -> None:
    def unreadable() -> None:
        raise KeyError("msisdn")

    telling.endpoint()
    first, second = telling.subscription("SUB1", 201), telling.subscription("SUB2", 202)
    poison: Recorded = replace(telling.happens(first), read=unreadable)  # type: ignore[arg-type]

    telling.feed(poison, telling.happens(second))

    assert telling.receivers.taken() == [2]
    assert telling.owed() == {"SUB1": (2, 2)}
    assert telling.telemetry.count(Observation.WEBHOOK_UNREADABLE) == 1


def test_entries_that_are_not_there_yet_are_owed_and_not_passed_over(telling: Telling) -> None:
    telling.endpoint()
    id = telling.subscription()
    change = telling.happens(id, entries=2)
    hidden = telling.store.entries[PARTNER, id].pop()

    telling.feed(change)
    telling.store.entries[PARTNER, id].append(hidden)
    telling.clock.advance(MINUTE)
    telling.retry()

    assert telling.receivers.taken(id) == [2, 3]


def test_a_store_that_stays_away_makes_the_batch_come_again(telling: Telling) -> None:
    def away() -> None:
        raise StoreUnavailable

    telling.endpoint()
    id = telling.subscription()
    change: Recorded = replace(telling.happens(id), read=away)  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailable):
        telling.feed(change)


def test_both_secrets_sign_while_they_are_rotated(telling: Telling) -> None:
    endpoint = telling.endpoint()
    telling.endpoints.put(endpoint.with_new_secret(bytes(32).hex(), telling.clock.now()))
    id = telling.subscription()

    telling.feed(telling.happens(id))
    telling.clock.advance(24 * 60 * MINUTE)
    telling.feed(telling.happens(id))

    signatures = [each.headers["webhook-signature"].split(" ") for each in telling.receivers.received]
    assert [len(each) for each in signatures] == [2, 1]


def test_a_delivery_is_signed_with_the_real_time_also_where_the_test_clock_is_ahead(telling: Telling) -> None:
    wall = FakeClock(telling.clock.now())
    telling.parts = replace(telling.parts, post=replace(telling.parts.post, wall=wall))
    telling.endpoint()
    id = telling.subscription()
    telling.clock.advance(PATIENCE)

    telling.feed(telling.happens(id))

    (received,) = telling.receivers.received
    assert received.headers["webhook-timestamp"] == str(int(wall.now().timestamp()))
    assert telling.logged()[0].at == telling.clock.now()
