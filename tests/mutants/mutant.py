"""Protocol mutants: the shipped code with one sin in it, as a patch that a reader can read."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulation.story import STORES

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).parent / "patches"
PACKAGE = ROOT / "layers/common/pinbill"


class PatchInvalid(Exception):
    """A patch that does not say what is to be replaced, or that does not fit the sources as they are."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `file` (below the package) the one place that reads `old` reads `new`; `sin` says what that does to people.

    `theme` is the data file that it stands in, `store` the one that the simulation runs on to find it.
    """

    name: str
    theme: str
    sin: str
    file: str
    old: str
    new: str
    store: str = "memory"

    def patched(self, source: str) -> str:
        """The source of `file` with the patch; raises PatchInvalid unless it fits exactly once."""
        places = source.count(self.old)
        if places != 1:
            raise PatchInvalid(f"{self.name}: the text to be replaced stands in {self.file} {places} times")
        return source.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that was tried and left out, because nothing can be seen of it; `why` says what else stands guard."""

    name: str
    theme: str
    why: str


@dataclass(frozen=True, slots=True)
class Patches:
    mutants: Sequence[Mutant]
    equivalent: Sequence[Equivalent]

    def named(self, name: str) -> Mutant:
        """Raises PatchInvalid when there is none of this name."""
        found = next((mutant for mutant in self.mutants if mutant.name == name), None)
        if found is None:
            raise PatchInvalid(f"there is no mutant {name}")
        return found


def load(folder: Path = PATCHES) -> Patches:
    """All patches, theme by theme; raises PatchInvalid for an entry that is not one."""
    mutants: list[Mutant] = []
    equivalent: list[Equivalent] = []
    for path in sorted(folder.glob("*.toml"), key=_number):
        content = tomllib.loads(path.read_text())
        mutants += [_mutant(path.stem, entry) for entry in content.get("mutant", [])]
        equivalent += [Equivalent(theme=path.stem, **entry) for entry in content.get("equivalent", [])]
    return Patches(mutants, equivalent)


def _number(path: Path) -> int:
    """Themes are read in the order of their numbers."""
    return int(path.stem.partition("-")[0])


def _mutant(theme: str, entry: Mapping[str, Any]) -> Mutant:
    name = entry.get("name", "a mutant without a name")
    try:
        mutant = Mutant(theme=theme, **entry)
    except TypeError as error:
        raise PatchInvalid(f"{theme}, {name}: {error}") from None
    if mutant.store not in STORES:
        raise PatchInvalid(f"{theme}, {name}: there is no store {mutant.store}")
    return mutant
