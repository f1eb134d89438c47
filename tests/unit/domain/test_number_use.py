"""What is sent to and tried for one number: figures of spans that slide, for one partner and for all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.number_use import MOST_KEPT, NumberUse, attempt, confirm, forgive, send, unsend
from pinbill.domain.pin_guards import DAY, SOON, Guards

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GUARDS = Guards()


def tried(use: NumberUse, partners: Sequence[str], now: datetime = NOON, guards: Guards = GUARDS) -> list[bool]:
    """Whether each of the tries was let through."""
    return [ok for ok, _ in _each(use, partners, now, guards)]


def _each(use: NumberUse, partners: Sequence[str], now: datetime, guards: Guards) -> Sequence[tuple[bool, NumberUse]]:
    found = []
    for partner in partners:
        after = attempt(use, guards, partner, now)
        use = replace(after, version=after.version + 1) if after else use
        found.append((after is not None, use))
    return found


def sent_to(services: Sequence[tuple[str, str]], now: datetime = NOON, use: NumberUse | None = None) -> NumberUse:
    use = use or NumberUse()
    for partner, service in services:
        after = send(use, GUARDS, partner, service, now)
        assert after is not None
        use = replace(after, version=after.version + 1)
    return use


def test_a_partner_has_four_tries_of_a_number_and_another_partner_has_its_own() -> None:
    assert tried(NumberUse(), ["acme"] * 5 + ["bravo"]) == [True] * 4 + [False, True]


def test_all_partners_together_have_ten() -> None:
    assert tried(NumberUse(), ["a1", "a2", "a3", "a4"] * 4).count(True) == GUARDS.tries_a_number == 10


def test_a_lock_ends_when_its_first_try_is_a_day_old() -> None:
    _, full = _each(NumberUse(), ["acme"] * 4, NOON, GUARDS)[-1]

    assert attempt(full, GUARDS, "acme", NOON + DAY - SECOND) is None
    assert attempt(full, GUARDS, "acme", NOON + DAY) is not None


def test_a_try_is_a_guess_at_every_pin_that_may_be_good() -> None:
    use = sent_to([("acme", "news"), ("acme", "games"), ("bravo", "news")])

    assert use.live_pins(NOON) == 3
    assert tried(use, ["acme", "acme", "bravo", "delta", "golf"]) == [True, False, True, True, False]
    assert use.live_pins(NOON + SOON) == 1


def test_one_partner_has_two_services_pins_at_a_number_at_once() -> None:
    use = sent_to([("acme", "news"), ("acme", "games"), ("acme", "news")])

    assert send(use, GUARDS, "acme", "films", NOON) is None
    assert send(use, GUARDS, "bravo", "films", NOON) is not None
    assert send(use, GUARDS, "acme", "films", NOON + SOON) is not None


def test_a_pin_that_is_sent_again_takes_the_place_of_the_last() -> None:
    assert sent_to([("acme", "news")] * 3).live_pins(NOON) == 1


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=200))
def test_no_24_hours_hold_more_guesses_than_the_figure_whatever_is_done(
    acts: list[tuple[int, int, int, bool]],
) -> None:
    """Guesses are tries times the PINs that may be good."""
    use, guesses = NumberUse(), list[tuple[datetime, int]]()
    for seconds, partner, service, sends in sorted(acts):
        now = NOON + timedelta(seconds=seconds)
        after = send(use, GUARDS, f"p{partner}", f"s{service}", now) if sends else None
        if not sends:
            after = attempt(use, GUARDS, f"p{partner}", now)
            if after:
                guesses.append((now, use.live_pins(now)))
        use = replace(after, version=after.version + 1) if after else use

    for at, _ in guesses:
        assert sum(weight for other, weight in guesses if at <= other < at + DAY) <= GUARDS.tries_a_number


def test_a_try_that_was_none_is_given_back_and_no_other() -> None:
    _, full = _each(NumberUse(), ["acme"] * 4, NOON, GUARDS)[-1]

    after = forgive(full, full.tried[2].mark)

    assert len(after.tried) == 3
    assert attempt(after, GUARDS, "acme", NOON) is not None
    assert forgive(full, 99) == full


def test_four_sms_in_ten_minutes_and_six_a_day_are_one_partners_end() -> None:
    use = sent_to([("acme", "news")] * 4)
    assert send(use, GUARDS, "acme", "news", NOON + SOON - SECOND) is None
    later = sent_to([("acme", "news")] * 2, NOON + SOON, use)

    assert send(later, GUARDS, "acme", "other", NOON + 2 * SOON) is None
    assert send(later, GUARDS, "bravo", "news", NOON + 2 * SOON) is not None
    assert send(later, GUARDS, "acme", "news", NOON + DAY) is not None


def test_ten_sms_in_ten_minutes_and_sixteen_a_day_are_the_end_for_all() -> None:
    use = sent_to([("acme", "news"), ("bravo", "news")] * 4 + [("delta", "news")] * 2)
    assert send(use, GUARDS, "echo", "news", NOON) is None
    later = sent_to([("echo", "news")] * 4 + [("acme", "news")] * 2, NOON + SOON, use)

    assert send(later, GUARDS, "golf", "news", NOON + 2 * SOON) is None
    assert send(later, GUARDS, "golf", "news", NOON + DAY) is not None


@pytest.mark.parametrize("others", range(7))
def test_a_partner_meets_the_same_ends_whatever_one_other_does(others: int) -> None:
    """Else the number of SMS or tries until a refusal would tell whether the number is in use elsewhere."""
    use = NumberUse()
    for n in range(others):
        after = send(use, GUARDS, "bravo", "news", NOON - timedelta(hours=9 - n))
        assert after is not None
        use = replace(after, version=after.version + 1)
    for _ in range(min(others, GUARDS.tries)):
        after = attempt(use, GUARDS, "bravo", NOON - timedelta(hours=1))
        use = replace(after, version=after.version + 1) if after else use

    alone = tried(NumberUse(), ["acme"] * 7)
    beside = tried(use.at(NOON), ["acme"] * 7)

    assert beside == alone


def test_an_sms_that_was_not_sent_is_given_back() -> None:
    use = sent_to([("acme", "news")] * 4)

    after, counted = unsend(use, "acme", "news")

    assert (len(after.sent), counted) == (3, False)
    assert unsend(after, "bravo", "news") == (after, False)
    assert unsend(sent_to([("acme", "news")]), "acme", "news") == (NumberUse(version=1), True)


def test_a_partners_first_sms_to_a_number_counts_until_a_pin_proves_right() -> None:
    use = sent_to([("acme", "news"), ("acme", "news"), ("bravo", "news")])
    assert [one.counts for one in use.sent] == [True, False, True]

    after, counted = confirm(use, "acme", 99)

    assert counted
    assert [one.counts for one in after.sent] == [False, False, True]
    assert confirm(after, "acme", 99) == (after, False)


def test_a_use_remembers_so_many_sms_and_no_more() -> None:
    plenty = replace(GUARDS, sms=999, sms_soon=999, sms_a_number=999, sms_a_number_soon=999, pins=9)
    use = NumberUse()
    for _ in range(2 * MOST_KEPT):
        after = send(use, plenty, "acme", "news", NOON)
        assert after is not None
        use = after

    assert len(use.sent) == MOST_KEPT
