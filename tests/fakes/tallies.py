"""The Tallies port in memory."""

import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import override

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse
from pinbill.domain.pin_guards import CELLS, Step, Tally
from pinbill.usecases.ports.counting import Tallies


class InMemoryTallies(Tallies):
    """`failure`, where there is one, is raised in place of a count. `asked` names every call that was made."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.asked: list[str] = []
        self.uses: dict[Msisdn, NumberUse] = {}
        self.counts: dict[Tally, Counter[str]] = defaultdict(Counter)
        self._lock = threading.Lock()

    @override
    def number(self, msisdn: Msisdn) -> NumberUse:
        self._ask("number")
        return self.uses.get(msisdn, NumberUse())

    @override
    def put_number(self, msisdn: Msisdn, use: NumberUse) -> bool:
        self._ask("put number")
        with self._lock:
            if self.uses.get(msisdn, NumberUse()).version != use.version:
                return False
            self.uses[msisdn] = replace(use, version=use.version + 1)
            return True

    @override
    def is_full(self, tally: Tally, steps: Sequence[Step]) -> Step | None:
        self._ask(f"is {tally.kind} full")
        return self._first_full(tally, steps)

    @override
    def add(self, tally: Tally, steps: Sequence[Step], *, in_vain: bool = False) -> Step | None:
        self._ask(f"add to {tally.kind}")
        with self._lock:
            full = self._first_full(tally, steps)
            if full is None and not in_vain:
                self.counts[tally].update({step.name: step.by for step in steps})
            return full

    @override
    def cell(self, address: str) -> int:
        return zlib.crc32(address.encode()) % CELLS

    def _first_full(self, tally: Tally, steps: Sequence[Step]) -> Step | None:
        counts = self.counts[tally]
        return next((step for step in steps if not step.may_go(counts[step.name])), None)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.failure:
            raise self.failure
