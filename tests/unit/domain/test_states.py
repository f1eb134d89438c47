"""The state table: every pair of state and event."""

import itertools

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.claims import CLAIMABLE
from pinbill.domain.states import ACCESS, FINAL, LIVE, TRANSITIONS, Event, State, advance
from pinbill.errors import WrongState

PAIRS = list(itertools.product(State, Event))
RESULTS = (Event.BILL_PAID, Event.BILL_DECLINED, Event.BILL_FAILED)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_a_pair_is_in_the_table_or_refused_by_an_error_that_names_both(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
        return

    with pytest.raises(WrongState) as refusal:
        advance(state, event)

    assert state.value in refusal.value.detail
    assert event.value.replace("_", " ") in refusal.value.detail


@pytest.mark.parametrize(("state", "event"), list(itertools.product(sorted(FINAL), Event)))
def test_no_event_leads_out_of_a_final_state(state: State, event: Event) -> None:
    assert TRANSITIONS.get((state, event), state) is state


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, RESULTS)))
def test_the_result_of_a_call_can_be_recorded_in_every_state(state: State, event: Event) -> None:
    assert advance(state, event) in State


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_be_cancelled(state: State) -> None:
    assert advance(state, Event.CANCELLED) is (state if state in FINAL else State.CANCELLED)


def test_only_money_or_a_free_period_or_a_resume_gives_access() -> None:
    giving = {event for (state, event), after in TRANSITIONS.items() if state not in ACCESS and after in ACCESS}

    assert giving == {Event.BILL_PAID, Event.TRIAL_STARTED, Event.RESUMED, Event.TRIAL_RESUMED}


def test_every_live_state_is_reached_from_pending() -> None:
    reached, frontier = {State.PENDING}, {State.PENDING}
    while frontier:
        frontier = {after for (state, _), after in TRANSITIONS.items() if state in frontier} - reached
        reached |= frontier

    assert reached == set(State)
    assert set(State) == LIVE | FINAL


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_money_is_never_claimed_in_a_final_state_or_a_pause(kind: AttemptKind) -> None:
    assert not CLAIMABLE[kind] & (FINAL | {State.PAUSED})
