"""Keys: the partner in every one, and an order that is the order of time."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings

from pinbill.domain.catalog import RailName
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.slots import Cohort, Slot
from pinbill.errors import SubscriptionNotFound
from pinbill.store import keys
from tests.fakes.clock import START
from tests.unit.store import strategies


def test_the_rows_of_a_subscription_lie_in_its_own_partition() -> None:
    rows = [keys.subscription("acme", "SUB1"), keys.entry("acme", "SUB1", 42), keys.charge("acme", "SUB1", "ab")]
    assert {row["pk"] for row in rows} == {"P#acme#S#SUB1"}
    assert [row["sk"] for row in rows] == ["SUB", "J#0000000042", "C#ab"]


def test_a_mandate_has_another_key_than_before_it_had_a_fingerprint() -> None:
    assert "mandate-1" not in str(keys.plain_mandate("acme", "mandate-1"))
    assert keys.plain_mandate("acme", "mandate-1") != keys.plain_mandate("acme", "mandate-2")
    assert keys.mandate("acme", "kYq3") == {"pk": "P#acme#M#kYq3", "sk": "MANDATE"}


@pytest.mark.parametrize("partner", ["", "#", "acme#S", "a b", "x" * 65, "ä"])
def test_a_partner_of_another_form_never_becomes_a_key(partner: str) -> None:
    with pytest.raises(ValueError, match="partner"):
        keys.catalog_pk(partner)
    with pytest.raises(ValueError, match="partner"):
        keys.subscription(partner, "SUB1")


@pytest.mark.parametrize("id", ["", "SUB#1", "SUB-1", "A" * 27, "SUB1\n"])
def test_an_id_of_another_form_never_becomes_a_key(id: str) -> None:
    with pytest.raises(SubscriptionNotFound):
        keys.subscription("acme", id)


@settings(deadline=None)
@given(strategies.names, strategies.ids)
def test_partner_and_id_are_read_back_from_the_key(partner: str, id: str) -> None:
    assert keys.partner_and_id(keys.subscription_pk(partner, id)) == (partner, id)


@settings(deadline=None)
@given(strategies.times, strategies.times)
def test_positions_sort_as_their_times_do(one: datetime, other: datetime) -> None:
    assert (keys.due_position(one) < keys.due_position(other)) == (one < other)


def test_a_position_is_the_same_in_whatever_zone_the_time_is_given() -> None:
    india = START.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert keys.due_position(india) == keys.due_position(START) == "2026-11-05T10:00:00.000000Z"


@settings(deadline=None)
@given(strategies.times, strategies.times, strategies.ids)
def test_bounds_hold_what_is_due_at_their_end_and_not_the_position_they_start_after(
    at: datetime, until: datetime, id: str
) -> None:
    row = keys.due_sk(at, id)
    first, last = keys.due_bounds(None, until)
    assert (first <= row <= last) == (at <= until)
    assert not keys.due_bounds(row, until)[0] <= row


def test_the_shard_of_a_subscription_is_the_same_in_every_process() -> None:
    assert [keys.shard_of(f"SUB{n}", 16) for n in range(6)] == [0, 6, 12, 10, 9, 15]
    assert keys.due_pk(RailName.INFOMEDIA, "acme", 5) == "DUE#infomedia#acme#5"


@settings(deadline=None)
@given(strategies.slots, strategies.slots, strategies.ids, strategies.ids)
def test_slot_rows_sort_as_their_slots_and_then_ids_do(one: Slot, other: Slot, id: str, other_id: str) -> None:
    assert (keys.slot_sk(one, id) < keys.slot_sk(other, other_id)) == ((one, id) < (other, other_id))


@settings(deadline=None)
@given(strategies.slots, strategies.ids)
def test_slot_and_id_are_read_back_from_the_key(slot: Slot, id: str) -> None:
    assert keys.slot_of(keys.slot_sk(slot, id)) == (slot, id)


@settings(deadline=None)
@given(strategies.cohorts)
def test_a_cohort_is_read_back_from_the_key(cohort: Cohort) -> None:
    assert keys.cohort_of(keys.cohort(cohort)) == cohort


@settings(deadline=None)
@given(strategies.cohorts, strategies.cohorts)
def test_cohorts_have_partitions_of_their_own(one: Cohort, other: Cohort) -> None:
    assert (keys.slot_pk(one) == keys.slot_pk(other)) == (one == other)


def test_the_partition_of_a_cohort_is_the_same_in_every_process_and_however_long_its_names_are() -> None:
    cohort = Cohort(RailName.INFOMEDIA, "acme", "news", "Europe/London", Recurrence(Unit.MONTH, 1))
    longest = replace(cohort, partner="a" * 64, plan="p" * 64, zone="America/Argentina/ComodRivadavia")
    assert keys.slot_pk(cohort) == "SLOT#beea55cc3ee837c7"
    assert len(keys.slot_pk(longest)) == len(keys.slot_pk(cohort))
