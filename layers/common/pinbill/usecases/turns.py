"""Turns without a quota: at once for requests of the API, which come one by one; never where no call is to be made."""

from dataclasses import dataclass
from typing import override

from pinbill.usecases.ports.billing import Turn


@dataclass(frozen=True, slots=True)
class Always(Turn):
    answer: bool

    @override
    def is_open(self) -> bool:
        return self.answer

    @override
    def wait(self) -> bool:
        return self.answer


AT_ONCE, NEVER = Always(answer=True), Always(answer=False)
