"""The page of the architecture names nothing that is not there: files, resources, functions, classes and rooms."""

from __future__ import annotations

import re

import pytest

from pinbill.domain.attempts import AttemptState
from tests.unit.project.template import ROOT, load_template

PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text()
PACKAGE = ROOT / "layers" / "common" / "pinbill"
SOURCE = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
RESOURCES = set(load_template()["Resources"])
KIND = re.compile(r"\b[A-Z][a-z]+[A-Za-z]*(?:Function|Queue|Table|Layer)\b")


def code_words() -> list[str]:
    """What stands between backticks, outside of the diagrams."""
    prose = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`]+)`", prose)


def anchor_of(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_every_link_leads_to_a_file(link: str) -> None:
    path, _, part = link.partition("#")
    target = (PAGE.parent / path).resolve()

    assert target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if part else []
    assert not part or part in {anchor_of(heading) for heading in headings}


def test_every_resource_that_is_drawn_or_named_is_in_the_template() -> None:
    named = set(KIND.findall(TEXT))

    assert len(named) > 15
    assert named - RESOURCES == set()


def test_every_function_of_the_template_is_drawn() -> None:
    functions = {name for name in RESOURCES if name.endswith("Function")}

    assert functions - set(KIND.findall(TEXT)) == set()


@pytest.mark.parametrize("word", sorted(set(code_words())))
def test_every_word_of_code_is_one(word: str) -> None:
    """A call is defined, a class is one or a resource, a make target is in the Makefile, the rest is in the code."""
    if word.startswith("make "):
        assert f"\n{word.removeprefix('make ')}:" in (ROOT / "Makefile").read_text()
        return
    if word.endswith("()"):
        owner, _, name = word.removesuffix("()").rpartition(".")
        assert f"def {name}(" in SOURCE
        assert not owner or re.search(rf"^class {owner}\b", SOURCE, re.MULTILINE)
        return
    if re.fullmatch(r"[A-Z]+[a-z][A-Za-z]+", word):
        assert word in RESOURCES or re.search(rf"^class {word}\b", SOURCE, re.MULTILINE)
        return
    assert word == "app.py" or (PACKAGE / word).exists() or word in SOURCE


def test_the_states_of_an_attempt_are_all_drawn() -> None:
    drawing = next(block for block in re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL) if "stateDiagram" in block)

    assert {state.value for state in AttemptState} == set(re.findall(r"[a-z_]+(?= -->)|(?<=--> )[a-z_]+", drawing))


def test_the_rooms_that_are_drawn_are_those_of_the_package() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}

    drawing = TEXT.split("## Rooms of the code")[1].split("```")[1]

    assert {room for room in rooms if not re.search(rf"\b{room}\b", drawing)} == set()
