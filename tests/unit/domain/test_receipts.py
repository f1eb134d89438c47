"""Receipts: owed by the partner from the payment on, until it says that it was sent."""

from datetime import timedelta

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.catalog import Service, Terms
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import Entry, EntryKind
from pinbill.domain.receipts import Channel, ReceiptSent, owed, report, under
from pinbill.domain.states import State
from pinbill.domain.subscription import Subscription
from pinbill.errors import ReceiptContradicts, ReceiptNotOwed
from tests.unit.domain.samples import NOW, PAID, declined, service, settled, standing

OURS = Terms(receipt_by_partner=True)


def paid(terms: Terms = OURS) -> tuple[Subscription, list[Entry]]:
    claimed = claim_period(standing(State.ACTIVE), AttemptKind.RENEWAL, "me", NOW, terms).after
    change = settled(claimed, PAID)
    return change.after, list(change.entries)


def sent(attempt: str, at: timedelta = timedelta()) -> ReceiptSent:
    return ReceiptSent(attempt, NOW + at, Channel.SMS)


@pytest.mark.parametrize("by", ["infomedia", "bank", "nobody", "partner"])
def test_a_payment_leaves_a_receipt_to_the_partner_where_the_service_says_so(by: str) -> None:
    owes: Service = service(receipt_owed_by=by)
    _, entries = paid(under(Terms(), owes))

    assert len(list(owed(entries))) == (by == "partner")


def test_nothing_is_owed_for_what_was_declined() -> None:
    claimed = claim_period(standing(State.ACTIVE), AttemptKind.RENEWAL, "me", NOW, OURS).after

    assert list(owed(settled(claimed, declined()).entries)) == []


def test_a_receipt_is_owed_since_the_payment_was_known_until_it_is_reported() -> None:
    subscription, entries = paid()
    [waiting] = owed(entries)
    change = report(subscription, reversed(entries), sent(waiting.attempt.id), NOW)

    assert change is not None
    assert (waiting.since, change.entries[0].kind) == (NOW, EntryKind.RECEIPT_SENT)
    assert list(owed([*entries, *change.entries])) == []
    assert report(subscription, [*change.entries, *reversed(entries)], sent(waiting.attempt.id), NOW) is None


def test_a_receipt_that_nobody_owes_is_refused() -> None:
    subscription, entries = paid(Terms())
    attempt = entries[-1].attempt
    assert attempt is not None

    for id in (attempt.id, f"{subscription.id}-99"):
        with pytest.raises(ReceiptNotOwed):
            report(subscription, reversed(entries), sent(id), NOW)


@pytest.mark.parametrize("at", [timedelta(minutes=6), timedelta(minutes=-6)], ids=["future", "before the payment"])
def test_a_receipt_at_an_impossible_time_is_refused(at: timedelta) -> None:
    subscription, entries = paid()
    [waiting] = owed(entries)

    with pytest.raises(ReceiptContradicts):
        report(subscription, reversed(entries), sent(waiting.attempt.id, at), NOW)
