"""A paused subscription is in no index that could bring up a bill."""

from datetime import timedelta

from pinbill.domain.change import Change
from pinbill.domain.pausing import pause, resume
from pinbill.domain.subscription import Timer
from pinbill.store.items import Item, to_wire
from pinbill.store.subscription_items import subscription_out
from tests.fakes.clock import START
from tests.fakes.dynamodb_sizes import item_size
from tests.fakes.samples import active
from tests.fakes.units import WRITE_UNIT

DAY = timedelta(days=1)
BEFORE = START - DAY + timedelta(microseconds=123_456)


def stored(change: Change | None) -> Item:
    assert change is not None
    return subscription_out(change.after, 4)


def places(item: Item) -> set[str]:
    return {name for name in item if name.endswith(("_pk", "_sk"))}


def test_a_pause_without_an_end_is_in_no_index() -> None:
    assert places(stored(pause(active()[0], BEFORE))) == set()


def test_a_pause_with_an_end_is_in_the_due_index_for_that_alone() -> None:
    item = stored(pause(active()[0], BEFORE, START + 9 * DAY))

    assert places(item) == {"due_pk", "due_sk"}
    assert item["due_kind"] == Timer.RESUME


def test_a_resumed_subscription_is_found_by_the_slot_of_its_new_calendar() -> None:
    paused = pause(active()[0], BEFORE)
    assert paused is not None

    resumed = stored(resume(paused.after, BEFORE + 40 * DAY))
    at_once = stored(resume(paused.after, BEFORE))

    assert places(resumed) == places(at_once) == {"slot_pk", "slot_sk"}
    assert resumed["slot_pk"] == at_once["slot_pk"]
    assert resumed["slot_sk"] != at_once["slot_sk"]


def test_an_overdue_bill_is_in_the_due_index_when_the_pause_ends() -> None:
    paused = pause(active()[0], START + DAY)
    assert paused is not None

    resumed = stored(resume(paused.after, START + 9 * DAY))

    assert resumed["due_kind"] == Timer.BILL


def test_what_was_never_resumed_stores_nothing_of_a_pause_and_what_was_takes_one_write_unit() -> None:
    never = active()[0]
    paused = pause(never, BEFORE)
    assert paused is not None

    resumed = stored(resume(paused.after, BEFORE + 40 * DAY))

    assert not {"paused_at", "interrupted_since"} & set(subscription_out(never, 4))
    assert "first_period" not in subscription_out(never, 4)
    assert resumed["first_period"] == 2
    assert item_size(to_wire({**resumed, "write_id": "x" * 16})) <= WRITE_UNIT
