"""Ids that are the same in every run with the same seed."""

import itertools
import string
import threading
from random import Random
from typing import override

from pinbill.usecases.ports.time_and_ids import Ids

LETTERS = string.digits + string.ascii_uppercase


class SeededIds(Ids):
    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)
        self._owners = itertools.count(1)
        self._lock = threading.Lock()

    @override
    def subscription(self) -> str:
        with self._lock:
            return "".join(self._random.choices(LETTERS, k=26))

    @override
    def owner(self) -> str:
        with self._lock:
            return f"owner-{next(self._owners)}"
