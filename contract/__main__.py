"""`python -m contract write` makes the kept files anew; `check` says what a release since would break; `release`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract.breaking import breaking
from contract.client_models import client_models
from contract.document import contract
from contract.page import page
from contract.places import CLIENT_MODELS, KEPT, PAGE, RELEASED, SERVED
from contract.problems import Document


def files() -> Mapping[Path, str]:
    """What the kept files hold when they are made from the code as it is."""
    document = contract()
    return {
        KEPT: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        SERVED: json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n",
        PAGE: page(document),
        CLIENT_MODELS: client_models(document),
    }


def write() -> int:
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"written: {path.name}\n")
    return 0


def check() -> int:
    """Print what the kept contract breaks of the released one."""
    broken = breaking(_read(RELEASED), _read(KEPT))
    sys.stdout.write("".join(f"{one}\n" for one in broken) or "nothing that was released is broken\n")
    return 1 if broken else 0


def release() -> int:
    """Keep the contract as the released one. From 1.0.0 on, one that breaks the last is refused."""
    if RELEASED.exists():
        before, after = _read(RELEASED), _read(KEPT)
        broken = breaking(before, after)
        if before != after and before["info"]["version"] == after["info"]["version"]:
            sys.stderr.write("the contract has changed since: raise VERSION in contract/document.py first\n")
            return 1
        if broken and int(before["info"]["version"].split(".")[0]) >= 1:
            sys.stderr.write("this breaks what partners use:\n" + "".join(f"{one}\n" for one in broken))
            return 1
    RELEASED.write_text(KEPT.read_text())
    return 0


def _read(path: Path) -> Document:
    found: Document = json.loads(path.read_text())
    return found


COMMANDS = {"write": write, "check": check, "release": release}


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        sys.stderr.write(f"usage: python -m contract {'|'.join(COMMANDS)}\n")
        return 2
    return COMMANDS[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
