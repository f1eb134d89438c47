"""The log of deliveries, and what is delivered once more."""

from datetime import timedelta

import pytest

from pinbill.domain.webhooks import Disabled
from pinbill.errors import (
    CursorInvalid,
    EventNotFound,
    ReplayInvalid,
    SubscriptionNotFound,
    WebhookDisabled,
    WebhookNotFound,
)
from tests.fakes.samples import PARTNER
from tests.unit.usecases.telling import MINUTE, Telling

DAY = timedelta(days=1)


@pytest.fixture
def telling() -> Telling:
    """With an endpoint that was told of three events of SUB1 and one of SUB2, a minute apart."""
    telling = Telling()
    telling.endpoint()
    for number, id in enumerate(("SUB1", "SUB2"), 300):
        telling.subscription(id, number)
    for id in ("SUB1", "SUB1", "SUB2", "SUB1"):
        telling.feed(telling.happens(id))
        telling.clock.advance(MINUTE)
    telling.receivers.received.clear()
    return telling


def test_deliveries_are_listed_newest_first_and_page_by_page(telling: Telling) -> None:
    first = telling.replays.deliveries(PARTNER, "we_1", 3)
    rest = telling.replays.deliveries(PARTNER, "we_1", 3, first.cursor)

    listed = [(each.subscription_id, each.seq, each.code, each.number) for each in (*first.rows, *rest.rows)]
    assert listed == [("SUB1", 4, "200", 1), ("SUB2", 2, "200", 1), ("SUB1", 3, "200", 1), ("SUB1", 2, "200", 1)]
    assert rest.cursor is None


def test_nobody_sees_the_deliveries_of_another(telling: Telling) -> None:
    with pytest.raises(WebhookNotFound):
        telling.replays.deliveries("rival", "we_1", 10)
    with pytest.raises(CursorInvalid):
        telling.replays.deliveries(PARTNER, "we_1", 10, "x")


def test_one_event_is_sent_again_under_its_own_id(telling: Telling) -> None:
    telling.replays.resend(PARTNER, "we_1", "evt_SUB1_3")

    telling.retry()

    assert [each.id for each in telling.receivers.received] == ["evt_SUB1_3"]
    assert (telling.owed(), telling.behind()) == ({}, None)


@pytest.mark.parametrize("event", ["evt_SUB1_5", "evt_SUB9_1", "evt_SUB1_0", "evt_SUB1", "msg_1", "evt_SUB1_x"])
def test_an_event_that_never_was_is_not_sent(telling: Telling, event: str) -> None:
    with pytest.raises(EventNotFound):
        telling.replays.resend(PARTNER, "we_1", event)


@pytest.mark.parametrize(
    ("first", "last", "sent"), [(1, None, [1, 2, 3, 4]), (2, 3, [2, 3]), (4, 4, [4]), (3, 9, [3, 4])]
)
def test_a_range_of_a_subscription_is_replayed_in_order(
    telling: Telling, first: int, last: int | None, sent: list[int]
) -> None:
    telling.replays.replay(PARTNER, "we_1", "SUB1", first, last)

    telling.retry()

    assert telling.receivers.taken("SUB1") == sent


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 2), (5, None), (-1, None)])
def test_a_range_that_there_is_not_is_refused(telling: Telling, first: int, last: int | None) -> None:
    with pytest.raises(ReplayInvalid):
        telling.replays.replay(PARTNER, "we_1", "SUB1", first, last)


def test_two_replays_at_once_are_one_that_has_both(telling: Telling) -> None:
    telling.replays.replay(PARTNER, "we_1", "SUB1", 3, 4)
    telling.replays.replay(PARTNER, "we_1", "SUB1", 1, 2)

    telling.retry()

    assert telling.receivers.taken("SUB1") == [1, 2, 3, 4]


def test_a_replay_holds_up_nothing_that_happens_meanwhile(telling: Telling) -> None:
    telling.replays.replay(PARTNER, "we_1", "SUB1", 1)

    telling.feed(telling.happens("SUB1"))
    telling.retry()

    assert telling.receivers.taken("SUB1") == [5, 1, 2, 3, 4]


def test_a_time_is_replayed_part_by_part(telling: Telling) -> None:
    now = telling.clock.now()
    first = telling.replays.replay_time(PARTNER, "we_1", now - 4 * MINUTE, now)
    rest = telling.replays.replay_time(PARTNER, "we_1", now - 4 * MINUTE, now, first.cursor)

    telling.retry()

    assert (first.subscriptions, rest.subscriptions, rest.cursor) == (2, 1, None)
    assert (telling.receivers.taken("SUB1"), telling.receivers.taken("SUB2")) == ([2, 3, 4], [2])


def test_what_happened_while_an_endpoint_was_off_can_be_replayed_once_it_is_on(telling: Telling) -> None:
    off_at = telling.clock.now()
    endpoint = telling.endpoints.endpoint(PARTNER, "we_1")
    telling.endpoints.put(endpoint.switched_off(Disabled.BY_HAND, off_at))
    telling.feed(telling.happens("SUB1"), telling.happens("SUB1"))
    telling.clock.advance(MINUTE)
    with pytest.raises(WebhookDisabled):
        telling.replays.replay_time(PARTNER, "we_1", off_at, telling.clock.now())
    telling.endpoints.put(telling.endpoints.endpoint(PARTNER, "we_1").switched_on())

    telling.replays.replay_time(PARTNER, "we_1", off_at, telling.clock.now())
    telling.retry()

    assert telling.receivers.taken("SUB1") == [5, 6]


@pytest.mark.parametrize(("since", "until"), [(31 * DAY, 0 * DAY), (1 * DAY, 1 * DAY), (0 * DAY, 1 * DAY)])
def test_a_time_that_is_empty_or_too_long_ago_is_refused(telling: Telling, since: timedelta, until: timedelta) -> None:
    now = telling.clock.now()

    with pytest.raises(ReplayInvalid):
        telling.replays.replay_time(PARTNER, "we_1", now - since, now - until)


def test_nobody_replays_what_is_not_theirs(telling: Telling) -> None:
    telling.endpoint("we_2", ["films"])

    with pytest.raises(SubscriptionNotFound):
        telling.replays.replay(PARTNER, "we_1", "SUB9", 1)
    with pytest.raises(SubscriptionNotFound):
        telling.replays.replay(PARTNER, "we_2", "SUB1", 1)
    with pytest.raises(WebhookNotFound):
        telling.replays.replay("rival", "we_1", "SUB1", 1)


def test_a_replay_that_is_not_taken_comes_again_from_where_it_stopped(telling: Telling) -> None:
    telling.replays.replay(PARTNER, "we_1", "SUB1", 1)
    telling.receivers.answers = lambda url, event: "500" if event["sequence"] == 3 else "200"

    telling.retry()
    telling.receivers.answers = lambda url, event: "200"
    telling.clock.advance(MINUTE)
    telling.retry()

    assert telling.receivers.taken("SUB1") == [1, 2, 3, 4]
