"""A subscription is stored with nothing in the clear, and read again by its own key only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.sealed import ERASED, Sealed
from pinbill.domain.subscription import Subscription
from pinbill.errors import IdentityUnreadable, MandateInUse, StoreUnavailable, SubscriberErased
from pinbill.store import keys
from pinbill.store.holds import FREE_AT, HOLDER
from pinbill.store.items import time_out
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Put, Table
from pinbill.usecases.calls import Identity
from tests.contracts.engines import create_table
from tests.fakes.clock import START
from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import BANK_PLAN, BANK_SERVICE, PARTNER, mandate, msisdn, pending
from tests.unit.store.keyring import Keyring

NUMBER, REFERENCE = msisdn(123), "9876543210"


@pytest.fixture
def ring() -> Keyring:
    return Keyring()


@pytest.fixture
def table(ring: Keyring) -> Table:
    client = ring.engine.as_client()
    return Table(client, create_table(client))


@pytest.fixture
def store(ring: Keyring, table: Table) -> DynamoStore:
    return DynamoStore(table, ring.identities(), 1)


def _by_mandate(id: str = "SUB1", number: Msisdn = NUMBER, reference: str = REFERENCE) -> Subscription:
    return pending(id, plan=BANK_PLAN, service=BANK_SERVICE, number=number, mandate=mandate(reference))[0]


def _created(store: DynamoStore, subscription: Subscription) -> Subscription:
    entry = pending(subscription.id)[1]
    return store.create(subscription, entry)


def _everything(engine: InMemoryDynamoDB) -> str:
    """All rows of all tables, as they are stored."""
    return repr([table.items for table in engine._tables.values()])


def test_number_and_mandate_come_back_in_another_process(store: DynamoStore, table: Table, ring: Keyring) -> None:
    created = _created(store, _by_mandate())
    other = DynamoStore(table, ring.identities(), 1)
    assert other.subscription(PARTNER, "SUB1") == created
    assert other.identity(created) == Identity(NUMBER, REFERENCE)


def test_nothing_that_is_stored_shows_either(store: DynamoStore, ring: Keyring) -> None:
    created = _created(store, _by_mandate())
    stored = _everything(ring.engine)
    assert not [text for text in (NUMBER.digits, NUMBER.digits[-7:], REFERENCE, REFERENCE[:7]) if text in stored]
    assert (str(created.msisdn), created.mandate and created.mandate.masked) == ("+44********23", "****3210")


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_every_number_and_reference_is_kept_to_the_digit(number: str, reference: str) -> None:
    identities = Keyring().identities()
    sealed, (row,) = identities.seal(_by_mandate(number=Msisdn.parse(number), reference=reference))
    identities._data_keys()._table.write([row], "w1")
    assert identities.open(sealed) == Identity(Msisdn(number), reference)


def test_a_ciphertext_that_was_moved_to_another_subscription_does_not_open(store: DynamoStore, ring: Keyring) -> None:
    """Not even with the other one's key beside it."""
    one, other = (
        _created(store, _by_mandate(id, msisdn(n), f"{REFERENCE}{n}")) for n, id in enumerate(["SUB1", "SUB2"])
    )
    with pytest.raises(IdentityUnreadable):
        store.identity(replace(other, msisdn=one.msisdn))
    assert one.mandate is not None
    assert isinstance(one.mandate.reference, Sealed)
    with pytest.raises(IdentityUnreadable):  # nor in another field
        store.identity(replace(one, msisdn=one.mandate.reference))


def test_what_was_erased_is_told_as_such(store: DynamoStore, ring: Keyring) -> None:
    created = _created(store, _by_mandate())
    ring.data_keys().erase((PARTNER, "SUB1"), 1)
    with pytest.raises(SubscriberErased):
        DynamoStore(store._table, ring.identities(), 1).identity(created)
    with pytest.raises(SubscriberErased):
        store.identity(replace(created, msisdn=ERASED))


def test_while_kms_is_away_a_process_without_keys_writes_nothing(store: DynamoStore, ring: Keyring) -> None:
    ring.kms.is_away = True
    before = _everything(ring.engine)
    with pytest.raises(StoreUnavailable):
        _created(store, _by_mandate())
    assert _everything(ring.engine) == before


def test_while_kms_is_away_a_process_goes_on_by_the_key_that_it_has(store: DynamoStore, ring: Keyring) -> None:
    _created(store, _by_mandate())
    ring.kms.is_away = True
    created = _created(store, _by_mandate("SUB2", msisdn(2), "11"))
    assert store.identity(created) == Identity(msisdn(2), "11")


def test_a_subscription_is_found_by_number_and_mandate(store: DynamoStore) -> None:
    _created(store, _by_mandate())
    assert store.with_number(PARTNER, NUMBER) == ["SUB1"]
    assert store.with_mandate(PARTNER, REFERENCE) == "SUB1"
    assert store.with_mandate(PARTNER, "1") is None


# --- Rows from before there were keys


@pytest.fixture
def earlier(table: Table) -> DynamoStore:
    """Keeps in the clear what the other one seals."""
    return DynamoStore(table, PlainIdentities(), 1)


def test_a_subscription_that_was_stored_in_the_clear_needs_no_key(earlier: DynamoStore, store: DynamoStore) -> None:
    _created(earlier, _by_mandate())
    found = store.subscription(PARTNER, "SUB1")
    assert found.msisdn == NUMBER
    assert store.identity(found) == Identity(NUMBER, REFERENCE)


def _hold(table: Table, **more: int) -> None:
    """The row of a mandate in its earlier form."""
    table.write([Put({**keys.plain_mandate(PARTNER, REFERENCE), HOLDER: "OLD", **more})], "w1")


def test_a_mandates_earlier_row_finds_its_subscription_and_holds_it(store: DynamoStore, table: Table) -> None:
    _hold(table)
    assert store.with_mandate(PARTNER, REFERENCE) == "OLD"
    with pytest.raises(MandateInUse) as refused:
        _created(store, _by_mandate())
    assert refused.value.subscription_id == "OLD"


def test_a_mandates_earlier_row_lets_it_go_after_its_rest(store: DynamoStore, table: Table) -> None:
    _hold(table, **{FREE_AT: time_out(START)})
    _created(store, _by_mandate())
    assert store.with_mandate(PARTNER, REFERENCE) == "SUB1"
