"""Stories: their text is the story, and the same seed tells the same ones."""

import io
from itertools import islice

import pytest

from tests.simulation.random_stories import stories
from tests.simulation.situations import situations
from tests.simulation.story import Story
from tests.simulation.tracing import replay

TOLD = (
    "infomedia 1month: subscribe; confirm; due; run|run[7:lost_debited 11:to1 19:crash]",
    "infomedia 2week Europe/London 2028-02-29T01:30 trial7 bill_each log_after: subscribe@2; charge:k1=450@2; +10m",
    "infomedia 1month limited: subscribe; confirm; halt:plan; pause:+10d@2|run[3:to1]; go_on:plan; resume@2",
    "signzy 1day slow dynamodb: cancel:end|charge:k1[3:ambiguous 3:+1h 4:-6m]; outage:30d",
)


@pytest.mark.parametrize("text", TOLD)
def test_a_story_is_its_text(text: str) -> None:
    assert str(Story.parse(text)) == text


def test_random_stories_can_be_pasted_back() -> None:
    for story in islice(stories(3), 300):
        assert Story.parse(str(story)) == story


def test_every_situation_can_be_pasted_back() -> None:
    for situation in situations():
        story = Story(situation.configuration, (*situation.before, situation.focus, *situation.recovery))
        assert Story.parse(str(story)) == story


@pytest.mark.parametrize(
    "text",
    [
        "infomedia 1month: confirm[7]",
        "infomedia 1month: confirm[x:crash]",
        "infomedia 1month: con firm",
        "infomedia monthly: confirm",
        "nobody: confirm",
    ],
)
def test_what_is_no_story_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no operation|no deviation|isoformat"):
        Story.parse(text)


def test_the_same_seed_tells_the_same_stories_and_another_seed_others() -> None:
    assert list(islice(stories(5), 20)) == list(islice(stories(5), 20))
    assert list(islice(stories(5), 20)) != list(islice(stories(6), 20))


def test_the_same_story_leaves_the_same_trace() -> None:
    traces = []
    for _ in range(2):
        out = io.StringIO()
        for story in islice(stories(9), 10):
            replay(story, out)
        traces.append(out.getvalue())

    assert traces[0] == traces[1]
