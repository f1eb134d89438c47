"""`make sbom`: the bill of materials of what the layer ships, in CycloneDX's JSON, and the licence of each part.

Read from an environment that holds nothing but layers/common/requirements.txt, installed by its hashes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.environments import ROOT, EnvironmentSetupError, set_up
from local.progress import say

BILL = ROOT / ".local" / "sbom.cdx.json"
TOOL, SHIPS = ".venv-sbom", ".venv-ships"
# What may ship: leave to use, change and pass on, with no duty but to keep the notice; MPL's is for its own files only.
ALLOWED = frozenset({"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})


@dataclass(frozen=True, slots=True)
class Part:
    """One library with its version, and the licences that it declares, in SPDX's names."""

    name: str
    version: str
    licences: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        return bool(self.licences) and all(map(_allowed, self.licences))


def _allowed(expression: str) -> bool:
    """Of an OR one is enough; of an AND all are needed. Brackets are nobody's here, and so are not allowed."""
    return any(
        all(term.strip() in ALLOWED for term in re.split(r"\bAND\b", choice))
        for choice in re.split(r"\bOR\b", expression)
    )


def parts_of(bill: Mapping[str, Any]) -> Sequence[Part]:
    """The libraries of a CycloneDX document, by name."""
    found = (Part(one["name"], one["version"], tuple(_licences(one))) for one in bill["components"])
    return sorted(found, key=lambda part: part.name.lower())


def _licences(component: Mapping[str, Any]) -> Iterator[str]:
    """By SPDX's name, where there is one: the classifiers beside it say the same in other words."""
    entries = component.get("licenses", [])
    named = [one.get("expression") or one["license"].get("id") for one in entries]
    yield from (name for name in named if name)
    if not any(named):
        yield from (one["license"]["name"] for one in entries)


def write(bill: Path = BILL) -> Sequence[Part]:
    """Write the document anew, and return its parts. Raises EnvironmentSetupError."""
    set_up([TOOL, SHIPS])
    bill.parent.mkdir(parents=True, exist_ok=True)
    # Reproducible: without time, serial number or anything of this machine.
    command = [str(ROOT / TOOL / "bin" / "cyclonedx-py"), "environment", "--output-reproducible", "--short-PURLs"]
    command += ["--output-format", "JSON", "--output-file", str(bill), str(ROOT / SHIPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentSetupError(f"cyclonedx-py failed:\n{done.stderr[-2000:]}")
    return parts_of(json.loads(bill.read_text()))


def main() -> int:
    """1 when something ships whose licence is not on the list."""
    try:
        parts = write()
    except EnvironmentSetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say(f"{BILL.relative_to(ROOT)}: {len(parts)} parts")
    for part in parts:
        mark = "" if part.is_allowed else "   <-- not on the list of what may ship"
        say(f"{part.name:<24} {part.version:<12} {', '.join(part.licences) or 'none declared'}{mark}")
    return 0 if all(part.is_allowed for part in parts) else 1


if __name__ == "__main__":
    sys.exit(main())
