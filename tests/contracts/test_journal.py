"""What every store promises of the journal's listing."""

import base64

import pytest

from pinbill.domain.attempts import AttemptKind
from pinbill.domain.change import Change
from pinbill.domain.claims import claim_period
from pinbill.domain.journal import Entry, EntryKind
from pinbill.errors import CursorInvalid
from pinbill.usecases.ports.store import Store
from tests.fakes.clock import START
from tests.fakes.samples import PARTNER, active


def _written(store: Store, entries: int) -> list[Entry]:
    """A journal of as many entries, oldest first; every third one is a row of the ledger."""
    subscription, first = active()
    subscription = store.create(subscription, first)
    attempt = claim_period(subscription, AttemptKind.RENEWAL, "owner-1", START).after.open_attempt
    written = [first]
    while len(written) < entries:
        seq = subscription.seq + 1
        money = attempt if seq % 3 == 0 else None
        kind = EntryKind.ATTEMPT_PAID if money else EntryKind.SUSPENDED
        change = Change.of(subscription).record(kind, START, money, {"seq": seq, "reason": "test"})
        store.commit(change)
        subscription = change.after
        written += change.entries
    return written


def _pages(store: Store, limit: int, *, money_only: bool) -> list[list[Entry]]:
    pages: list[list[Entry]] = []
    cursor = None
    for _ in range(50):  # more than any of these journals has entries
        page = store.journal(PARTNER, "SUB1", limit, cursor, money_only)
        pages.append(list(page.rows))
        cursor = page.cursor
        if cursor is None:
            return pages
    raise AssertionError("the listing has no end")


def test_entries_come_newest_first(store: Store) -> None:
    written = _written(store, 12)
    page = store.journal(PARTNER, "SUB1", 50, None, money_only=False)
    assert list(page.rows) == written[::-1]
    assert page.cursor is None


@pytest.mark.parametrize("limit", [1, 4, 5, 11, 12, 13])
def test_pages_together_are_the_whole_journal_in_order(store: Store, limit: int) -> None:
    written = _written(store, 12)
    pages = _pages(store, limit, money_only=False)
    assert [entry for page in pages for entry in page] == written[::-1]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]  # no empty page at the end


@pytest.mark.parametrize("limit", [1, 3, 4, 5])
def test_pages_of_money_entries_are_full_although_others_lie_between(store: Store, limit: int) -> None:
    written = [entry for entry in _written(store, 13) if entry.attempt]
    pages = _pages(store, limit, money_only=True)
    assert [entry for page in pages for entry in page] == written[::-1]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_entries_written_between_two_pages_do_not_move_them(store: Store) -> None:
    written = _written(store, 6)
    first = store.journal(PARTNER, "SUB1", 3, None, money_only=False)
    store.commit(Change.of(store.subscription(PARTNER, "SUB1")).record(EntryKind.SUSPENDED, START))
    second = store.journal(PARTNER, "SUB1", 3, first.cursor, money_only=False)
    assert [*first.rows, *second.rows] == written[::-1]


def test_a_journal_of_nobody_is_empty(store: Store) -> None:
    _written(store, 2)
    assert store.journal("other", "SUB1", 10, None, money_only=False).rows == []
    assert store.journal(PARTNER, "SUB2", 10, None, money_only=True).rows == []


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "!", "x", "5", "ä", "MTI=", "M Q", "MQ\n"]
    # Well encoded, but no sequence number; the last is one in Arabic digits.
    + [_encoded(text) for text in ("0", "-1", "012", "1e3", "12345678901", "3 ", "\u0663")],
)
def test_a_cursor_that_was_not_given_out_is_refused(store: Store, cursor: str) -> None:
    _written(store, 2)
    with pytest.raises(CursorInvalid):
        store.journal(PARTNER, "SUB1", 10, cursor, money_only=False)
