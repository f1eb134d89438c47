"""The Crew port: threads that end with the work."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import override

from pinbill.usecases.each import each
from pinbill.usecases.ports.webhooks import Crew, Step


class Threads(Crew):
    """So many at most, and none for a single step."""

    def __init__(self, most: int) -> None:
        self._most = most

    @override
    def __call__(self, steps: Sequence[Step]) -> None:
        if len(steps) <= 1:
            each(steps)
            return
        with ThreadPoolExecutor(min(self._most, len(steps))) as pool:
            begun = [pool.submit(step) for step in steps]
        each(future.result for future in begun)
