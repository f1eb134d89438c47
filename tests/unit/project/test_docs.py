"""Pages that are made from code say what the code says."""

from __future__ import annotations

import re
from dataclasses import asdict

from local.simulators import magic
from local.simulators.page import PAGE, page
from local.world.environment import ROOT
from pinbill.domain.pin_guards import OWN_FIGURES, Guards
from pinbill.usecases.measures import Measure
from pinbill.usecases.ports.telemetry import Observation
from tests.mutants.mutant import load


def test_the_page_of_the_simulated_providers_is_the_one_that_its_tables_make() -> None:
    assert PAGE.read_text() == page(), "run: python -m local.simulators.page"


def test_the_page_of_observability_names_every_metric() -> None:
    section = (ROOT / "docs/observability.md").read_text().split("\n## Metrics\n")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`[A-Z][^|]+) \|", section, re.MULTILINE)

    named = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted([*Observation, *Measure])


def test_every_fate_that_the_readme_names_is_in_the_tables() -> None:
    text = (ROOT / "README.md").read_text().split("## Numbers with a fate")[1].split("\n## ")[0]
    numbers = re.findall(r"^\| \+(\d+) \|", text, re.MULTILINE)
    endings = re.findall(r"^\| mandate id ending in (\d\d) \|", text, re.MULTILINE)

    assert numbers
    assert endings
    assert set(numbers) <= {one.key for one in magic.PHONE}
    assert set(endings) <= {one.key for one in magic.MANDATE}


def test_every_path_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_table_of_mutants_names_each_and_all_were_killed() -> None:
    text = (ROOT / "docs/mutants.md").read_text()
    killed = re.findall(r"^\| `([a-z-]+)` \|.*\| `[a-z_]+` \| [\d.]+ \|", text, re.MULTILINE)

    assert sorted(killed) == sorted(mutant.name for mutant in load().mutants), (
        "run: make mutants ARGS='--table docs/mutants.md'"
    )


def test_the_page_of_abuse_names_every_figure_with_its_default() -> None:
    text = (ROOT / "docs/abuse.md").read_text()
    shown = {name: int(value) for name, value in re.findall(r"`([a-z_]+)` \((\d+)", text)}

    assert {name: shown.get(name) for name in asdict(Guards())} == asdict(Guards())
    assert all(f"`{name}`" in text.split("A partner's own:")[1].split("\n\n")[0] for name in OWN_FIGURES)
