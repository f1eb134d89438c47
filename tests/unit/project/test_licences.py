"""Nothing ships under a licence that is not on the list, and what a bill of materials says is read rightly."""

from __future__ import annotations

import re
from importlib.metadata import metadata

import pytest

from local.bill_of_materials import ALLOWED, Part, parts_of
from tests.unit.project.template import ROOT
from tests.unit.project.test_locks import LAYER, pins_of

# Of libraries whose metadata name their licence in words only, the words and what SPDX calls it.
IN_WORDS = {
    "Apache-2.0": ("Apache-2.0", "Apache Software License", "Apache License"),
    "MIT-0": ("MIT No Attribution License",),
    "MIT": ("MIT License", "MIT"),
    "MPL-2.0": ("Mozilla Public License 2.0",),
    "PSF-2.0": ("Python Software Foundation License",),
}


def declared(name: str) -> tuple[str, ...]:
    """The licences in an installed library's metadata."""
    found = metadata(name)
    if expression := found.get("License-Expression"):
        return (expression,)
    words = [line.rpartition(" :: ")[2] for line in found.get_all("Classifier") or () if line.startswith("License ::")]
    words += [found["License"]] if found.get("License") else []
    return tuple(_spdx(word) for word in words)


def _spdx(words: str) -> str:
    return next((id for id, known in IN_WORDS.items() if any(words.startswith(one) for one in known)), words)


@pytest.mark.parametrize("name", sorted(pins_of(LAYER)))
def test_what_ships_has_a_licence_of_the_list(name: str) -> None:
    part = Part(name, "", declared(name))

    assert part.is_allowed, f"{name} is under {part.licences}; the list is local/bill_of_materials.py's"


@pytest.mark.parametrize(
    ("licences", "is_allowed"),
    [
        (("MIT",), True),
        (("MIT", "MIT-0"), True),
        (("Apache-2.0 OR BSD-3-Clause",), True),
        (("GPL-3.0-only OR MIT",), True),
        (("GPL-3.0-only AND MIT",), False),
        (("MIT", "GPL-3.0-only"), False),
        (("Proprietary",), False),
        ((), False),
    ],
)
def test_of_a_choice_one_licence_is_enough_and_of_several_all_are_needed(
    licences: tuple[str, ...], is_allowed: bool
) -> None:
    assert Part("a-library", "1.0", licences).is_allowed is is_allowed


def test_a_bill_of_materials_is_read_by_the_names_of_spdx() -> None:
    bill = {
        "components": [
            {"name": "b", "version": "2", "licenses": [{"expression": "Apache-2.0 OR BSD-3-Clause"}]},
            {
                "name": "A",
                "version": "1",
                "licenses": [{"license": {"id": "MPL-2.0"}}, {"license": {"name": "License :: OSI Approved :: MPL"}}],
            },
            {"name": "c", "version": "3", "licenses": [{"license": {"name": "As I please"}}]},
            {"name": "d", "version": "4"},
        ]
    }

    assert parts_of(bill) == [
        Part("A", "1", ("MPL-2.0",)),
        Part("b", "2", ("Apache-2.0 OR BSD-3-Clause",)),
        Part("c", "3", ("As I please",)),
        Part("d", "4", ()),
    ]


def test_the_page_of_dependencies_says_of_each_that_ships_who_needs_it_and_its_licences() -> None:
    text = (ROOT / "docs/dependencies.md").read_text().split("| --- | --- | --- |")[1]
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \|.*\| ([^|]+) \|$", text, re.MULTILINE))

    assert set(rows) == set(pins_of(LAYER))
    assert all(set(re.split(r", | OR ", licences)) <= ALLOWED for licences in rows.values())
