"""What runs the deployed functions in the local AWS: its own executor, or Lambda's runtime under Amazon's emulator."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path

from local.emulator.tools import Tools
from local.world.errors import WorldError


class Runtime(StrEnum):
    """RIE gives a function what the bundle and Lambda's runtime bring, and nothing else; it runs on Linux."""

    MINISTACK = "ministack"
    RIE = "rie"

    @classmethod
    def from_environment(cls) -> Runtime:
        """Read RUNTIME; raises WorldError where it names neither."""
        name = os.environ.get("RUNTIME") or cls.MINISTACK
        if name not in set(cls):
            raise WorldError(f"RUNTIME must be one of {', '.join(cls)}, not {name!r}")
        return cls(name)

    @classmethod
    def best(cls) -> Runtime:
        """Lambda's own where it runs."""
        return cls.RIE if sys.platform == "linux" else cls.MINISTACK


def emulator_tools(scratch: Path) -> str:
    """What the local AWS is told of the emulator; the libraries are linked below `scratch`. Raises WorldError."""
    libraries = scratch / "runtime"
    libraries.mkdir()
    try:
        return Tools.gather(libraries).written
    except FileNotFoundError as error:
        raise WorldError(f"{error} is missing; run make setup, or use RUNTIME={Runtime.MINISTACK}") from error
