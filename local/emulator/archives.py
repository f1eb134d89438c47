"""The deployed archives of functions and layers, each unpacked once."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path


class Archives:
    """Unpacks below `home`, for as long as that is kept."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}

    def folder_of(self, id: str, content: Callable[[], bytes]) -> Path:
        """The folder of the archive that `id` names for ever, such as a layer version's ARN; `content` is the zip."""
        with self._lock:
            if id not in self._folders:
                folder = self._home / hashlib.sha256(id.encode()).hexdigest()[:16]
                with zipfile.ZipFile(io.BytesIO(content())) as archive:
                    archive.extractall(folder)
                self._folders[id] = folder
            return self._folders[id]
