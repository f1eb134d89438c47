"""Allowances: which limit a use has, how own figures go over the default's, and when a minute and a day end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinbill.domain.allowances import FIGURES, MOST_A_DAY, MOST_A_MINUTE, Allowance, Limit, Span, Use, most

DEFAULT = Allowance(reads_a_minute=1, reads_a_day=2, writes_a_minute=3, writes_a_day=4)
times = st.timedeltas(timedelta(), timedelta(days=1500)).map(lambda later: datetime(2026, 1, 1, tzinfo=UTC) + later)


def test_each_use_has_its_limit_and_cancels_the_minute_of_writes_alone() -> None:
    assert {use: DEFAULT.limit(use) for use in Use} == {
        Use.READS: Limit(1, 2),
        Use.WRITES: Limit(3, 4),
        Use.CANCELS: Limit(3, None),
    }


def test_own_figures_go_over_those_of_the_default() -> None:
    assert DEFAULT.with_own({}) == DEFAULT
    assert DEFAULT.with_own({"writes_a_day": 9, "reads_a_minute": 8}) == Allowance(8, 2, 3, 9)


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_a_highest_value(figure: str) -> None:
    assert most(figure) == (MOST_A_MINUTE if "minute" in figure else MOST_A_DAY)


@given(times, st.sampled_from(Span))
def test_after_the_seconds_that_are_left_the_next_span_has_begun_and_not_long_ago(at: datetime, span: Span) -> None:
    left = span.seconds_left(at)

    assert left >= 1
    then = at + timedelta(seconds=left)
    assert span.begin(then) > span.begin(at)
    assert then - span.begin(then) < timedelta(seconds=1)


@given(times, st.sampled_from(Span))
def test_a_span_begins_before_or_at_what_is_in_it(at: datetime, span: Span) -> None:
    begin = span.begin(at)

    assert timedelta() <= at - begin < (timedelta(minutes=1) if span is Span.MINUTE else timedelta(days=1))
    assert span.begin(begin) == begin
