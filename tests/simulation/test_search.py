"""The search: every kind of deviation can occur, a campaign goes on where it was interrupted, the command says so."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.campaign import Campaign
from tests.simulation.exhaustive import Search, Walk, deviations
from tests.simulation.faults import EVERY_KIND, Port
from tests.simulation.parts import CHUNK, Part, random_parts, search
from tests.simulation.situations import situations
from tests.simulation.steps import Seen

CHUNKS = list(random_parts(3 * CHUNK, 11, "memory"))


def test_one_deviation_at_every_step_violates_nothing_and_every_kind_occurs() -> None:
    injected: Counter[str] = Counter()
    violations = []
    for situation in situations():
        searched = Search(situation, depth=1).run()
        injected += Counter(map(str, searched.injected.elements()))
        violations += [f"{violation} in {story}" for story, violation in searched.violations]

    assert violations == []
    assert {str(kind) for kind in EVERY_KIND} - injected.keys() == set()


def test_what_comes_to_the_same_at_the_next_step_is_tried_there_only() -> None:
    read, asked_between, another, write = (
        Seen(1, Port.READ, actor=0, asked=0, others=()),
        Seen(2, Port.READ, actor=0, asked=0, others=()),
        Seen(3, Port.READ, actor=1, asked=1, others=()),
        Seen(4, Port.BOOKMARK, actor=1, asked=1, others=()),
    )

    tried = [str(deviation) for deviation in deviations(Walk([read, asked_between, another, write], asked=1))]

    assert tried[:4] == ["1:unavailable", "2:crash", "2:unavailable", "2:+1h"]
    assert tried[4:7] == ["2:-1h", "3:unavailable", "4:crash"]
    assert not [kind for kind in tried[7:] if kind.endswith("h")]


def test_a_part_is_searched_alike_wherever_it_is_searched() -> None:
    one, other = search(CHUNKS[1]), search(CHUNKS[1])

    assert (one.cycles, one.stories, one.injected) == (other.cycles, other.stories, other.injected)
    assert one.cycles >= CHUNK


def test_an_interrupted_campaign_goes_on_where_it_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    whole = Campaign(CHUNKS, processes=1, state=None).run()

    begun = Campaign(CHUNKS, processes=1, state=state, seconds=1e-9)
    begun.run()
    said: list[str] = []
    resumed = Campaign(CHUNKS, processes=1, state=state, say=said.append)
    resumed.run()

    assert len(begun.done) == 1
    assert resumed.complete
    assert resumed.total.cycles == whole.cycles
    assert resumed.total.injected == whole.injected
    assert "goes on after" in said[0]


def test_what_was_kept_of_another_campaign_is_not_taken_over(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    Campaign(CHUNKS, processes=1, state=state, seconds=1e-9).run()

    other = Campaign([Part("random", 0, 12)], processes=1, state=state)
    other.run()

    assert other.done == {"random memory 12 0"}


def test_a_replay_prints_every_step_and_the_providers_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--replay", "infomedia 1month: subscribe; confirm[4:lost_debited]; callbacks"])

    out = capsys.readouterr().out
    assert status == 0
    for expected in ("bill S1-1", "*** lost_debited", "+attempt_unknown", "DEBIT S1-1 4.50 GBP", "provider's ledger: "):
        assert expected in out


def test_the_machine_readable_form_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--json", "--no-exhaustive", "--cycles", "10", "--processes", "1"])

    summary = json.loads(capsys.readouterr().out)
    assert status == 0
    assert summary["violations"] == []
    assert summary["cycles"] >= CHUNK
