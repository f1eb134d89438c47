"""Writes whose answer is lost: reported as what they were, and applied once.

moto ignores the ClientRequestToken, so that there only the stamp of a write tells it again; the local AWS honours it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from moto import mock_aws

from pinbill.aws.clients import QUICK
from pinbill.domain.attempts import AttemptKind
from pinbill.domain.catalog import RailName
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_charge, claim_period
from pinbill.domain.ending import When, cancel
from pinbill.domain.journal import EntryKind
from pinbill.domain.money import Money
from pinbill.domain.repeats import Keyed
from pinbill.domain.subscription import Subscription
from pinbill.errors import StoreUnavailable, SubscriptionExists
from pinbill.store.retrying import Retry
from pinbill.store.slot_index import DynamoSlotIndex
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from pinbill.usecases.ports.store import StaleVersion
from tests.contracts.engines import connect, create_table, sealed_identities
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER, PHONE_PLAN, PHONE_SERVICE, active, msisdn, pending, touched
from tests.integration.store.conftest import journey_on, store_on
from tests.integration.store.lossy import LOSSES, LossyClient, throttled

REQUEST = Keyed("a" * 64, "b" * 64)
IMPATIENT = Retry(sleep=lambda seconds: None)


class _Empty(BytesIO):
    """A body without content, as botocore reads one."""

    def stream(self) -> Iterator[bytes]:
        yield b""


@dataclass(frozen=True, slots=True)
class Bench:
    """A store behind a client that loses answers, and one beside it that does not."""

    client: LossyClient
    store: DynamoStore
    others: DynamoStore
    slots: DynamoSlotIndex

    def created(self) -> Subscription:
        subscription, entry = active()
        return self.others.create(subscription, entry)

    def kinds(self) -> list[EntryKind]:
        return [entry.kind for entry in self.others.journal(PARTNER, "SUB1", 50, None, money_only=False).rows]


def _bench(client: Any) -> Bench:
    lossy, name = LossyClient(client), create_table(client)
    table, identities = Table(client, name, IMPATIENT), sealed_identities(client)
    losing = store_on(Table(_as_client(lossy), name, IMPATIENT), identities)
    return Bench(lossy, losing, store_on(table, identities), DynamoSlotIndex(table))


def _with_entry(subscription: Subscription) -> Change:
    return touched(subscription).record(EntryKind.SUSPENDED, START)


def _with_two_entries(subscription: Subscription) -> Change:
    return _with_entry(subscription).record(EntryKind.RESUMED, START)


def _as_client(lossy: LossyClient) -> Any:
    return lossy


@pytest.fixture(params=["moto", pytest.param("local_aws", marks=pytest.mark.aws)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "moto":
        with mock_aws():
            client = connect()
            yield _bench(client)
            client.close()
    else:
        yield _bench(request.getfixturevalue("local_client"))


@pytest.fixture(params=list(LOSSES))
def loss(request: pytest.FixtureRequest) -> Exception:
    return LOSSES[request.param]()


def test_a_lone_write_whose_answer_is_lost_is_reported_as_done(bench: Bench, loss: Exception) -> None:
    change = touched(bench.created())
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.client.applied == 1


def test_a_change_with_an_entry_whose_answer_is_lost_is_reported_as_done(bench: Bench, loss: Exception) -> None:
    change = _with_entry(bench.created())
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.kinds() == [EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]
    assert bench.client.applied == 2  # the item and the entry's row


def test_an_entrys_row_whose_answer_is_lost_is_the_same_row_after_its_repeat(bench: Bench, loss: Exception) -> None:
    change = _with_entry(bench.created())
    bench.client.pass_on()
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.kinds() == [EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]
    assert bench.client.applied == 3


def test_a_transaction_whose_answer_is_lost_is_reported_as_done_and_applied_once(bench: Bench, loss: Exception) -> None:
    change = _with_two_entries(bench.created())
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.kinds() == [EntryKind.RESUMED, EntryKind.SUSPENDED, EntryKind.SUBSCRIBED]


@pytest.mark.parametrize("change_of", [touched, _with_entry, _with_two_entries])
def test_a_request_whose_answer_is_lost_is_reported_as_done_and_remembered(
    bench: Bench, loss: Exception, change_of: Callable[[Subscription], Change]
) -> None:
    change = change_of(bench.created()).remember(REQUEST.begun(START))
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.others.remembered(PARTNER, "SUB1", REQUEST.key) == REQUEST.begun(START)


def test_a_new_subscription_of_a_key_whose_answer_is_lost_is_not_taken_for_anothers(
    bench: Bench, loss: Exception
) -> None:
    begun = REQUEST.begun(START, subscription="SUB1")
    bench.client.pass_on()  # of the cohort
    bench.client.lose(loss)
    created = bench.store.create(*pending(), begun)
    assert bench.others.subscription(PARTNER, "SUB1") == created
    assert bench.others.remembered(PARTNER, None, REQUEST.key) == begun


def test_a_cohort_whose_registration_is_not_answered_is_known(bench: Bench, loss: Exception) -> None:
    bench.client.lose(loss)
    subscription = bench.store.create(*pending())
    assert bench.slots.cohorts(RailName.INFOMEDIA) == {subscription.cohort: START}


def test_nobody_is_subscribed_while_the_cohort_cannot_be_registered(bench: Bench, loss: Exception) -> None:
    for _ in range(IMPATIENT.tries):
        bench.client.refuse(loss)
    with pytest.raises(StoreUnavailable):
        bench.store.create(*pending())
    assert bench.others.with_number(PARTNER, msisdn()) == []
    assert bench.slots.cohorts(RailName.INFOMEDIA) == {}
    bench.store.create(*pending())
    assert len(bench.slots.cohorts(RailName.INFOMEDIA)) == 1


def test_a_creation_whose_answer_is_lost_is_reported_as_done(bench: Bench, loss: Exception) -> None:
    subscription, entry = pending()
    bench.client.pass_on()  # the registration of the cohort
    bench.client.lose(loss)
    subscription = bench.store.create(subscription, entry)
    assert bench.others.subscription(PARTNER, "SUB1") == subscription
    assert bench.kinds() == [EntryKind.SUBSCRIBED]


def test_the_claim_of_a_new_charge_whose_answer_is_lost_does_not_read_as_used_before(
    bench: Bench, loss: Exception
) -> None:
    change = claim_charge(bench.created(), "a" * 64, "b" * 64, Money(199, "GBP"), "Film", "owner-1", START)
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.charge(PARTNER, "SUB1", "a" * 64) == change.charge


def test_an_end_whose_answer_is_lost_is_reported_as_done(bench: Bench, loss: Exception) -> None:
    subscription = bench.created()
    change = cancel(subscription, When.NOW, "test", START)
    assert change is not None
    bench.client.lose(loss)
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.others.with_number(PARTNER, msisdn()) == []


def test_a_write_that_was_not_applied_is_written_by_its_repeat(bench: Bench, loss: Exception) -> None:
    change = _with_two_entries(bench.created())
    bench.client.refuse(loss)
    bench.client.refuse(throttled("TransactWriteItems"))
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1") == change.after
    assert bench.client.applied == 1


@pytest.mark.parametrize("entries", [1, 2], ids=["entry", "transaction"])
def test_a_change_with_entries_that_others_have_written_over_since_is_still_reported_as_done(
    bench: Bench, loss: Exception, entries: int
) -> None:
    subscription = bench.created()
    change = _with_entry(subscription) if entries == 1 else _with_two_entries(subscription)
    bench.client.lose(loss)
    bench.client.after_loss = lambda: bench.others.commit(touched(bench.others.subscription(PARTNER, "SUB1")))
    bench.store.commit(change)
    assert bench.others.subscription(PARTNER, "SUB1").version == change.after.version + 1
    assert bench.kinds() == [*[entry.kind for entry in reversed(change.entries)], EntryKind.SUBSCRIBED]


def test_a_creation_that_was_cancelled_since_is_still_reported_as_done(bench: Bench, loss: Exception) -> None:
    subscription, entry = pending()
    ended = cancel(subscription, When.NOW, "test", START)
    assert ended is not None
    bench.client.pass_on()  # the registration of the cohort
    bench.client.lose(loss)
    bench.client.after_loss = lambda: bench.others.commit(ended)
    subscription = bench.store.create(subscription, entry)
    assert bench.others.subscription(PARTNER, "SUB1") == ended.after


def test_a_lone_write_that_others_have_written_over_since_shows_what_they_wrote(bench: Bench, loss: Exception) -> None:
    """Nothing of it is left to be known again by, except what it wrote into the subscription: a claim its owner."""
    change = claim_period(bench.created(), AttemptKind.RENEWAL, "owner-1", START)
    theirs = touched(change.after)
    bench.client.lose(loss)
    bench.client.after_loss = lambda: bench.others.commit(theirs)
    with pytest.raises(StaleVersion) as stale:
        bench.store.commit(change)
    assert stale.value.current == theirs.after
    assert stale.value.current.open_attempt == change.after.open_attempt


def test_somebody_elses_equal_write_is_not_taken_for_ours(bench: Bench, loss: Exception) -> None:
    change = touched(bench.created())
    bench.client.refuse(loss)
    bench.client.after_loss = lambda: bench.others.commit(change)
    with pytest.raises(StaleVersion):
        bench.store.commit(change)


def test_a_number_taken_while_the_answer_was_lost_is_not_taken_for_ours(bench: Bench, loss: Exception) -> None:
    bench.client.refuse(loss)
    bench.client.after_loss = lambda: bench.others.create(*pending("THEIRS"))
    with pytest.raises(SubscriptionExists) as refused:
        bench.store.create(*pending("OURS"))
    assert refused.value.subscription_id == "THEIRS"


def test_a_store_that_stays_away_is_unavailable_and_has_written_nothing(bench: Bench, loss: Exception) -> None:
    subscription = bench.created()
    for _ in range(IMPATIENT.tries):
        bench.client.refuse(loss)
    with pytest.raises(StoreUnavailable):
        bench.store.commit(touched(subscription))
    assert bench.others.subscription(PARTNER, "SUB1") == subscription


def test_a_claim_whose_answer_is_lost_bills_once(bench: Bench, loss: Exception) -> None:
    subscription = bench.created()
    journey = journey_on(bench.store)
    bench.client.lose(loss)  # of the claim
    bench.client.lose(loss)  # of its repeat, if there is one, or of the settlement
    journey.payments.take(
        subscription,
        lambda current, owner, now: claim_period(current, AttemptKind.RENEWAL, owner, now),
        PHONE_PLAN,
        PHONE_SERVICE,
        "News",
    )
    assert len(journey.phone.ledger) == 1
    settled = bench.others.subscription(PARTNER, "SUB1")
    assert settled.open_attempt is None
    assert settled.next_period == subscription.next_period + 1
    assert bench.kinds() == [EntryKind.ATTEMPT_PAID, EntryKind.SUBSCRIBED]


@pytest.mark.aws
@pytest.mark.parametrize("changed", [touched, _with_entry, _with_two_entries], ids=["alone", "entry", "transaction"])
def test_a_repeat_that_the_sdk_makes_on_its_own_is_reported_as_done(
    local_endpoint: str, changed: Callable[[Subscription], Change]
) -> None:
    client = connect(local_endpoint)
    store = store_on(Table(client, create_table(client), Retry(tries=1)))
    subscription, entry = active()
    subscription = store.create(subscription, entry)
    by_itself = URLLib3Session()
    sent: list[str] = []

    def lose_first(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        sent.append(request.headers["X-Amz-Target"])
        if len(sent) > 1:
            return None
        answer = by_itself.send(request)
        assert answer.status_code == 200
        return AWSResponse(request.url, 500, HTTPHeaders(), _Empty())

    register: Any = client.meta.events.register
    register("before-send.dynamodb", lose_first)
    change = changed(subscription)
    store.commit(change)
    rows = 1 if changed is _with_entry else 0  # that are written after the item
    assert len(sent) == QUICK.attempts + rows  # the first was applied
    assert store.subscription(PARTNER, "SUB1").version == subscription.version + 1
    client.close()
