"""What the table's stream tells: exactly the writes that made journal entries, with what they made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, override

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import EntryKind
from pinbill.store.retrying import Retry
from pinbill.store.stream import recorded
from pinbill.store.subscriptions import DynamoStore
from pinbill.store.table import Table
from tests.contracts.engines import create_table, fake_dynamodb
from tests.fakes.clock import START
from tests.fakes.dynamodb_meter import Meter
from tests.fakes.identities import PlainIdentities
from tests.fakes.samples import PARTNER, active, touched
from tests.unit.project.template import load_template, resources_of

NUMBERS = PlainIdentities()
FILTERS = [
    json.loads(each["Pattern"])
    for mapping in resources_of(load_template(), "AWS::Lambda::EventSourceMapping").values()
    for each in mapping.get("FilterCriteria", {}).get("Filters", [])
]


class Stream(Meter):
    """The new images of all rows that were written, in order."""

    def __init__(self) -> None:
        self.images: list[Mapping[str, Any]] = []

    @override
    def write(self, writes: Any, *, together: bool, applied: bool) -> None:
        self.images += [write.item for write in writes if applied and write.item is not None]

    @override
    def read(self, rows: Any, index: Any, *, consistent: bool) -> None:
        return

    @override
    def read_batch(self, rows: Any) -> None:
        return

    @override
    def repeat(self, rows: Any) -> None:
        return


class Life:
    """A subscription in a store whose writes are streamed."""

    def __init__(self) -> None:
        engine = fake_dynamodb()
        create_table(engine.as_client(), "streamed")
        self.store = DynamoStore(Table(engine.as_client(), "streamed", Retry(tries=1)), NUMBERS, 1)
        self.stream = Stream()
        engine.meter = self.stream
        subscription, first = active()
        self.current = self.store.create(Change.of(subscription).set(seq=1, version=1).after, first)

    def commit(self, change: Change) -> None:
        self.stream.images.clear()
        self.store.commit(change)
        self.current = change.after

    def told(self) -> list[tuple[int, int, bool]]:
        """First and last entry of each change that the last write tells of, and whether its entry comes along."""
        found = [recorded(image) for image in self.stream.images]
        return [(each.first, each.last, each.read()[1] is not None) for each in found if each]

    def passes(self) -> list[bool]:
        """Which of the images the template's filters let through."""
        return [any(_matches({"dynamodb": _record(image)}, each) for each in FILTERS) for image in self.stream.images]


def _record(image: Mapping[str, Any]) -> dict[str, Any]:
    return {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image}


def _matches(record: Any, pattern: Any) -> bool:
    """As Lambda's filters do it: objects go down, a list holds what a leaf may be."""
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            if not isinstance(record.get(name), dict) or not _matches(record[name], wanted):
                return False
        elif not any(_fits(record, name, rule) for rule in wanted):
            return False
    return True


def _fits(record: Any, name: str, rule: Any) -> bool:
    return (name in record) is rule["exists"] if isinstance(rule, dict) else record.get(name) == rule


@pytest.fixture
def life() -> Life:
    return Life()


def test_a_new_subscription_is_told_as_its_first_entry(life: Life) -> None:
    assert life.told() == [(1, 1, False)]
    assert sorted(life.passes()) == [*[False] * (len(life.stream.images) - 1), True]


def test_a_change_with_one_entry_brings_it_along(life: Life) -> None:
    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START))

    assert life.told() == [(2, 2, True)]
    assert life.passes() == [True, False], "its row is not told again"


def test_a_change_with_several_says_how_many(life: Life) -> None:
    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START).record(EntryKind.ENDED, START))

    assert life.told() == [(2, 3, False)]
    assert life.passes() == [True, False, False]


def test_a_write_without_an_entry_is_not_told_also_when_the_one_before_had_one(life: Life) -> None:
    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START))
    life.commit(touched(life.current))
    assert (life.told(), life.passes()) == ([], [False])

    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START).record(EntryKind.ENDED, START))
    life.commit(touched(life.current))
    assert (life.told(), life.passes()) == ([], [False])


def test_a_claim_wakes_nobody(life: Life) -> None:
    claim = claim_period(life.current, AttemptKind.RENEWAL, "owner", START)
    life.commit(claim)

    assert (life.told(), life.passes()) == ([], [False])


def test_what_comes_along_is_the_subscription_after_the_change_and_its_entry(life: Life) -> None:
    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START, None, {"why": "it"}))

    (change,) = filter(None, (recorded(image) for image in life.stream.images))
    subscription, entry = change.read()

    assert subscription == life.current
    assert entry is not None
    assert (entry.seq, entry.detail) == (2, {"why": "it"})
    assert (change.partner, change.subscription_id, change.service_id) == (PARTNER, "SUB1", "news")


def test_what_cannot_be_read_of_an_event_is_found_out_only_when_it_is_read(life: Life) -> None:
    life.commit(Change.of(life.current).record(EntryKind.SUSPENDED, START))
    image = {**life.stream.images[0], "rail": {"S": "pigeon"}}

    change = recorded(image)

    assert change is not None
    with pytest.raises(ValueError, match="pigeon"):
        change.read()
