"""A changed record is what dataclasses would make of it."""

from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.attempts import Attempt
from pinbill.domain.change import Change
from pinbill.domain.records import changed
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from tests.fakes.samples import active
from tests.unit.store import strategies


@given(strategies.subscriptions, st.integers(1, 99), st.sampled_from(State))
def test_a_changed_subscription_is_as_dataclasses_make_it(before: Subscription, seq: int, state: State) -> None:
    after = changed(before, seq=seq, state=state)
    assert after == replace(before, seq=seq, state=state)
    assert type(after) is Subscription


@given(strategies.attempts)
def test_without_a_change_it_is_a_copy(attempt: Attempt) -> None:
    copy = changed(attempt)
    assert copy == attempt
    assert copy is not attempt


@dataclass(frozen=True, slots=True)
class Single:
    field: int


def test_a_record_of_one_field_is_changed_too() -> None:
    assert changed(Single(1), field=2) == Single(2)


def test_the_record_itself_stays_as_it_was() -> None:
    before, _ = active()
    changed(before, seq=before.seq + 1)
    assert before == active()[0]


def test_a_changed_record_is_as_frozen_as_before() -> None:
    after: Any = changed(active()[0], seq=9)
    with pytest.raises(FrozenInstanceError):
        after.seq = 10


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(AttributeError):
        changed(active()[0], sequence=9)


@pytest.mark.parametrize("kind", [Attempt, Change, Subscription])
def test_what_is_changed_so_checks_nothing_when_it_is_made(kind: type) -> None:
    """Else a changed one would go unchecked."""
    assert not hasattr(kind, "__post_init__")
    assert set(kind.__slots__) == set(kind.__dataclass_fields__)  # type: ignore[attr-defined]
