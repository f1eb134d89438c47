"""Events: every kind of entry has a public type that stays, and an id that says which it is."""

import re
from dataclasses import replace

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.events import EVENT_TYPES, OF_PAYMENT, OF_SUBSCRIPTION, event_id, event_type, parse_event_id
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.states import State
from pinbill.errors import EventNotFound
from tests.fakes.clock import START
from tests.unit.domain.samples import claimed

# What partners have matched on since the first version: a type may be added, none may go.
FIRST = [
    "bill.declined",
    "bill.excess_debit",
    "bill.needs_decision",
    "bill.not_charged",
    "bill.not_sent",
    "bill.paid",
    "bill.pending",
    "bill.refunded",
    "bill.unknown",
    "charge.declined",
    "charge.excess_debit",
    "charge.needs_decision",
    "charge.not_charged",
    "charge.not_sent",
    "charge.paid",
    "charge.pending",
    "charge.refunded",
    "charge.unknown",
    "subscription.cancel_scheduled",
    "subscription.cancelled",
    "subscription.created",
    "subscription.ended",
    "subscription.expired",
    "subscription.paused",
    "subscription.periods_written_off",
    "subscription.resumed",
    "subscription.start_failed",
    "subscription.suspended",
    "subscription.trial_started",
]


def test_every_kind_of_entry_is_an_event() -> None:
    assert set(OF_SUBSCRIPTION) | set(OF_PAYMENT) == set(EntryKind)
    assert not set(OF_SUBSCRIPTION) & set(OF_PAYMENT)


def test_no_type_that_was_ever_told_has_gone() -> None:
    assert set(FIRST) <= set(EVENT_TYPES)


def test_a_type_has_the_form_that_the_specification_recommends() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", each) for each in EVENT_TYPES)
    assert len(set(EVENT_TYPES)) == len(EVENT_TYPES)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(AttemptKind.FIRST_BILL, "bill.paid"), (AttemptKind.RENEWAL, "bill.paid"), (AttemptKind.CHARGE, "charge.paid")],
)
def test_a_payment_is_told_as_what_it_was_for(kind: AttemptKind, told: str) -> None:
    attempt = claimed(State.ACTIVE).open_attempt
    assert attempt is not None
    entry = Entry(3, START, EntryKind.ATTEMPT_PAID, State.ACTIVE, replace(attempt, kind=kind))

    assert event_type(entry) == told


def test_an_id_says_which_event_it_is() -> None:
    assert parse_event_id(event_id("69a1b2c30123456789abcdef", 12)) == ("69a1b2c30123456789abcdef", 12)


@pytest.mark.parametrize("text", ["", "evt_SUB1_0", "evt_SUB1_01", "evt_SUB1_-1", "evt_S.B_1", "evt__1", "evt_SUB1_1 "])
def test_what_is_no_id_is_nobodys(text: str) -> None:
    with pytest.raises(EventNotFound):
        parse_event_id(text)
