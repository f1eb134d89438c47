"""Keeps two local worlds from sharing one state folder, where each would overwrite what the other saves."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from local.world.errors import WorldError


class Occupancy:
    """A lock on a folder. It ends with its holder, however the holder ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Raise WorldError where another world holds the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = (self._folder / "world.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise WorldError(f"a local world is running on the state in {self._folder}: stop that one first") from error
        self._file = file

    def release(self) -> None:
        """Let the next world have the folder; does nothing where it was not taken."""
        if self._file is not None:
            self._file.close()
            self._file = None
