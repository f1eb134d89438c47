"""The simulation finds planted bugs, shrinks the stories, and replays them."""

import io
from itertools import islice

import pytest

from tests.simulation.exhaustive import Search, Searched
from tests.simulation.planted_bugs import (
    ForgetsCancels,
    IgnoresTheVersion,
    ReadsLostAnswersAsNotSent,
    RetriesLostAnswers,
    SwallowsStoreErrors,
    TakesDeclinesForPaid,
)
from tests.simulation.player import play
from tests.simulation.random_stories import stories
from tests.simulation.shrinking import shrink
from tests.simulation.situations import Situation, situations
from tests.simulation.story import Story
from tests.simulation.tracing import replay
from tests.simulation.world import World

PLANTED = [
    (RetriesLostAnswers, {"debited_once"}),
    (ReadsLostAnswersAsNotSent, {"debited_once", "error_means_nothing_taken"}),
    (TakesDeclinesForPaid, {"ledgers_agree", "told_the_truth", "every_period_accounted"}),
    (SwallowsStoreErrors, {"claim_before_call"}),
    (IgnoresTheVersion, {"debited_once", "every_period_accounted", "no_claim_after_cancel", "amount_as_claimed"}),
    (ForgetsCancels, {"cancel_takes_effect"}),
]
COMMON = PLANTED[:-1]  # a cancel that meets an unavailable store is rare at random


def situations_with_money() -> list[Situation]:
    """Those with a renewal, a charge or a cancel in them: enough for every planted bug."""
    wanted = {"wake", "charge", "cancel"}
    return [s for s in situations() if wanted & {operation.name for operation in s.focus.operations}]


@pytest.mark.parametrize(("planted", "violated"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_the_exhaustive_search_finds_a_planted_bug(planted: type[World], violated: set[str]) -> None:
    def go_on(searched: Searched) -> bool:
        return not found(searched)

    def found(searched: Searched) -> bool:
        return any(violation.invariant in violated for _, violation in searched.violations)

    searches = (
        Search(situation, lambda story: planted(story.configuration), go_on=go_on)
        for situation in situations_with_money()
    )

    assert any(found(search.run()) for search in searches)


@pytest.mark.parametrize(("planted", "violated"), COMMON, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_bug_is_found_at_random_shrunk_and_replayed(planted: type[World], violated: set[str]) -> None:
    def make(story: Story) -> World:
        return planted(story.configuration)

    played = ((story, play(story, make).violation) for story in islice(stories(8), 2_000))
    story, violation = next((s, v) for s, v in played if v and v.invariant in violated)
    shrunk = shrink(story, violation.invariant, make)
    trace = io.StringIO()
    replayed = replay(Story.parse(str(shrunk)), trace, make)

    assert len(shrunk.acts) <= 6
    assert shrunk.deviations <= 2
    assert replayed is not None
    assert replayed.invariant == violation.invariant
    assert f"VIOLATION {violation.invariant}" in trace.getvalue()


def test_without_its_bug_the_same_story_violates_nothing() -> None:
    story = Story.parse("infomedia 1month: subscribe; confirm; due; run[1:lost_debited]")

    assert play(story, lambda told: RetriesLostAnswers(told.configuration)).violation is not None
    assert play(story).violation is None
