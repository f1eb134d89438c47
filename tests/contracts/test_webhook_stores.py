"""What every keeper of endpoints, of what they are owed, and of the log promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pinbill.domain.change import Change
from pinbill.domain.deliveries import Backlog, Behind, Delivery, Health
from pinbill.domain.journal import EntryKind
from pinbill.domain.webhooks import Disabled, Place, SigningSecret, WebhookEndpoint
from pinbill.errors import CursorInvalid, SubscriptionNotFound, WebhookNotFound
from tests.contracts.webhook_subject import WebhookSubject
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER, pending, touched

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PLACE = Place(PARTNER, "we_1", 1)
ENDPOINT = WebhookEndpoint(PARTNER, "we_1", "https://hooks.example.com/x", START, (SigningSecret("sealed"),))
BACKLOG = Backlog("SUB1", 3, 7, START)


def test_an_endpoint_is_read_back_as_it_was_written(webhooks: WebhookSubject) -> None:
    whole = replace(
        ENDPOINT,
        secrets=(SigningSecret("new"), SigningSecret("old", START + SECOND)),
        services=("films", "news"),
        generation=4,
        disabled=Disabled.FAILED,
        disabled_at=START,
    )

    assert webhooks.endpoints.put(whole)

    assert webhooks.endpoints.endpoint(PARTNER, "we_1") == replace(whole, version=1)


def test_a_partners_endpoints_are_listed_by_age_and_nobody_elses(webhooks: WebhookSubject) -> None:
    for id, partner, age in (("we_2", PARTNER, 1), ("we_3", PARTNER, 2), ("we_1", PARTNER, 0), ("we_4", "rival", 3)):
        webhooks.endpoints.put(replace(ENDPOINT, partner=partner, id=id, created_at=START - age * DAY))

    assert [endpoint.id for endpoint in webhooks.endpoints.of(PARTNER)] == ["we_3", "we_2", "we_1"]
    assert list(webhooks.endpoints.of("nobody")) == []


@pytest.mark.parametrize("id", ["we_1", "we_9", "", "a#b", "x" * 65])
def test_an_endpoint_of_another_is_not_found(webhooks: WebhookSubject, id: str) -> None:
    webhooks.endpoints.put(ENDPOINT)

    with pytest.raises(WebhookNotFound):
        webhooks.endpoints.endpoint("rival", id)


def test_of_two_that_write_an_endpoint_one_is_told_to_look_again(webhooks: WebhookSubject) -> None:
    assert webhooks.endpoints.put(ENDPOINT)
    assert not webhooks.endpoints.put(ENDPOINT)
    stored = webhooks.endpoints.endpoint(PARTNER, "we_1")

    assert webhooks.endpoints.put(stored.switched_off(Disabled.BY_HAND, START))
    assert not webhooks.endpoints.put(stored.switched_on())
    assert not webhooks.endpoints.endpoint(PARTNER, "we_1").is_enabled


def test_an_endpoint_that_was_removed_is_gone(webhooks: WebhookSubject) -> None:
    webhooks.endpoints.put(ENDPOINT)

    webhooks.endpoints.remove(ENDPOINT)

    assert list(webhooks.endpoints.of(PARTNER)) == []


def test_who_is_behind_is_read_back_as_it_was_written(webhooks: WebhookSubject) -> None:
    failing = Behind(Health(START, 3, True, 2, START + SECOND), START + DAY)
    other = replace(PLACE, partner="rival", generation=12)

    first, second = webhooks.backlogs.put_behind(PLACE, failing), webhooks.backlogs.put_behind(other, Behind())

    assert first is not None
    assert replace(first, version=0) == failing
    assert webhooks.backlogs.behind(PLACE) == first
    assert dict(webhooks.backlogs.all_behind()) == {PLACE: first, other: second}


def test_nobody_says_that_nothing_is_owed_once_somebody_else_has_written(webhooks: WebhookSubject) -> None:
    known = webhooks.backlogs.put_behind(PLACE, Behind())
    assert known is not None
    newer = webhooks.backlogs.put_behind(PLACE, known)
    assert newer is not None

    assert not webhooks.backlogs.not_behind(PLACE, known)
    assert webhooks.backlogs.not_behind(PLACE, newer)
    assert webhooks.backlogs.behind(PLACE) is None
    assert not webhooks.backlogs.put_behind(PLACE, newer), "what is gone is not as it was read"


def test_what_was_removed_and_made_anew_is_not_what_was_read_before(webhooks: WebhookSubject) -> None:
    """Else one retry would remove what the feed has added since another one removed it."""
    read, behind = webhooks.backlogs.put(PLACE, BACKLOG), webhooks.backlogs.put_behind(PLACE, Behind())
    assert read is not None
    assert behind is not None
    webhooks.backlogs.remove(PLACE, read)
    webhooks.backlogs.not_behind(PLACE, behind)
    webhooks.backlogs.put(PLACE, BACKLOG)
    webhooks.backlogs.put_behind(PLACE, Behind())

    assert not webhooks.backlogs.remove(PLACE, read)
    assert not webhooks.backlogs.put(PLACE, read.reaching(9))
    assert not webhooks.backlogs.not_behind(PLACE, behind)
    assert not webhooks.backlogs.put_behind(PLACE, behind)


def test_a_backlog_is_read_back_as_it_was_written(webhooks: WebhookSubject) -> None:
    waiting = replace(BACKLOG, tries=4, next_at=START + SECOND)
    replay = replace(BACKLOG, is_replay=True, first=1)

    live, again = webhooks.backlogs.put(PLACE, waiting), webhooks.backlogs.put(PLACE, replay)

    assert live is not None
    assert replace(live, version=0) == waiting
    assert webhooks.backlogs.backlog(PLACE, "SUB1", is_replay=False) == live
    assert webhooks.backlogs.backlog(PLACE, "SUB1", is_replay=True) == again
    assert webhooks.backlogs.backlog(replace(PLACE, generation=2), "SUB1", is_replay=False) is None


def test_backlogs_are_listed_whole_and_part_by_part_and_of_one_endpoint(webhooks: WebhookSubject) -> None:
    for n in range(7):
        webhooks.backlogs.put(PLACE, replace(BACKLOG, subscription_id=f"SUB{n}", is_replay=n % 3 == 0))
    webhooks.backlogs.put(replace(PLACE, endpoint_id="we_2"), BACKLOG)
    read: list[Backlog] = []

    while page := webhooks.backlogs.backlogs(PLACE, read[-1] if read else None, 2):
        assert len(page) <= 2
        read += page

    assert sorted(backlog.subscription_id for backlog in read) == [f"SUB{n}" for n in range(7)]
    assert len(read) == 7


def test_of_many_that_write_a_backlog_at_once_each_version_is_written_by_one(webhooks: WebhookSubject) -> None:
    def extend(n: int) -> int:
        """How many versions this one has written; it tries as long as others are faster."""
        for _ in range(200):
            stored = webhooks.backlogs.backlog(PLACE, "SUB1", is_replay=False)
            wanted = stored.reaching(stored.last + 1) if stored else BACKLOG
            if webhooks.backlogs.put(PLACE, wanted):
                return 1
        return 0

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(extend, range(16)))

    stored = webhooks.backlogs.backlog(PLACE, "SUB1", is_replay=False)
    assert stored is not None
    assert (written, stored.last) == (16, BACKLOG.last + 15)


def test_a_backlog_that_was_added_to_is_not_removed(webhooks: WebhookSubject) -> None:
    known = webhooks.backlogs.put(PLACE, BACKLOG)
    assert known is not None
    added = webhooks.backlogs.put(PLACE, known.reaching(9))
    assert added is not None

    assert not webhooks.backlogs.remove(PLACE, known)
    assert webhooks.backlogs.remove(PLACE, added)
    assert not webhooks.backlogs.remove(PLACE, added)


def deliveries(count: int, since: int = 0) -> list[Delivery]:
    at = [START + (since + n) * SECOND for n in range(count)]
    return [Delivery(at[n], f"SUB{n % 3}", since + n + 1, n % 2, "200", n) for n in range(count)]


def test_the_log_is_read_newest_first_page_by_page(webhooks: WebhookSubject) -> None:
    whole = [*deliveries(4), *deliveries(3, since=4), *deliveries(5, since=7)]
    for first, end in ((0, 4), (4, 7), (7, 12)):
        webhooks.log.add(PLACE, whole[first:end])
    webhooks.log.add(replace(PLACE, generation=2), deliveries(1, since=12))

    for limit in (1, 2, 5, 100):
        read: list[Delivery] = []
        cursor = None
        while True:
            page = webhooks.log.newest(PARTNER, "we_1", limit, cursor)
            read += page.rows
            cursor = page.cursor
            if cursor is None:
                break
        assert read == [*whole, *deliveries(1, since=12)][::-1]


def test_the_log_of_another_is_not_shown(webhooks: WebhookSubject) -> None:
    webhooks.log.add(PLACE, deliveries(2))

    assert list(webhooks.log.newest("rival", "we_1", 10, None).rows) == []
    assert list(webhooks.log.newest(PARTNER, "we_2", 10, None).rows) == []
    with pytest.raises(CursorInvalid):
        webhooks.log.newest(PARTNER, "we_1", 10, "not a cursor")


def test_a_time_of_the_log_is_read_oldest_first_part_by_part(webhooks: WebhookSubject) -> None:
    whole = [*deliveries(4), *deliveries(3, since=4), *deliveries(5, since=7)]
    for first, end in ((0, 4), (4, 7), (7, 12)):
        webhooks.log.add(PLACE, whole[first:end])

    read: list[Delivery] = []
    cursor = None
    while True:
        page = webhooks.log.between(PARTNER, "we_1", START + 2 * SECOND, START + 9 * SECOND, cursor)
        read += page.rows
        cursor = page.cursor
        if cursor is None:
            break

    assert read == whole[2:9]


def test_a_history_is_the_subscription_with_a_part_of_its_journal(webhooks: WebhookSubject) -> None:
    subscription, first = pending()
    current = webhooks.store.create(subscription, first)
    for n in range(5):
        change = Change.of(current).record(EntryKind.SUSPENDED, START + n * SECOND, None, {"n": n})
        change = change if n != 2 else change.record(EntryKind.ENDED, START, None, {"n": 20})
        webhooks.store.commit(change)
        current = change.after
        webhooks.store.commit(touched(current))
        current = touched(current).after

    def read(first: int, last: int | None, limit: int) -> list[int]:
        history = webhooks.histories.read(PARTNER, "SUB1", first, last, limit)
        assert (history.subscription.seq, history.subscription.version) == (7, current.version)
        return [entry.seq for entry in history.entries]

    assert read(1, None, 50) == [1, 2, 3, 4, 5, 6, 7]
    assert read(3, None, 2) == [3, 4]
    assert read(3, 5, 50) == [3, 4, 5]
    assert read(7, None, 50) == [7]
    assert read(8, None, 50) == []
    assert read(6, 99, 50) == [6, 7]


def test_a_history_has_the_entry_that_its_subscription_still_carries(webhooks: WebhookSubject) -> None:
    subscription, first = pending()
    current = webhooks.store.create(subscription, first)
    webhooks.store.commit(Change.of(current).record(EntryKind.SUSPENDED, START, None, {"n": 1}))

    history = webhooks.histories.read(PARTNER, "SUB1", 2, None, 50)

    assert [(entry.seq, entry.detail) for entry in history.entries] == [(2, {"n": 1})]


@pytest.mark.parametrize(("partner", "id"), [("rival", "SUB1"), (PARTNER, "SUB2"), (PARTNER, "a#b")])
def test_a_history_of_nobodys_is_not_found(webhooks: WebhookSubject, partner: str, id: str) -> None:
    webhooks.store.create(*pending())

    with pytest.raises(SubscriptionNotFound):
        webhooks.histories.read(partner, id, 1, None, 50)
