"""Every mutant is today's code with one sin: its patch fits at one place, and makes another program."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.mutants.mutant import PACKAGE, Mutant, PatchInvalid, load

PATCHES = load()
LEAST = 40  # that the protocol is tried with


def test_there_are_enough_of_them_and_no_name_stands_for_two() -> None:
    names = Counter([mutant.name for mutant in PATCHES.mutants] + [other.name for other in PATCHES.equivalent])

    assert len(PATCHES.mutants) >= LEAST
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("mutant", PATCHES.mutants, ids=lambda mutant: mutant.name)
def test_a_patch_fits_the_sources_as_they_are_and_changes_the_program(mutant: Mutant) -> None:
    source = (PACKAGE / mutant.file).read_text()

    changed = ast.parse(mutant.patched(source))

    assert ast.dump(changed) != ast.dump(ast.parse(source))


def test_a_patch_whose_place_has_gone_is_refused_by_name() -> None:
    mutant = Mutant("gone", "1-claim", "none", "domain/claims.py", old="this stands nowhere", new="")

    with pytest.raises(PatchInvalid, match=r"gone: the text to be replaced stands in domain/claims\.py 0 times"):
        mutant.patched((PACKAGE / mutant.file).read_text())
