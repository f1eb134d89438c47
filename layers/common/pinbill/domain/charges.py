"""An on-demand charge: what a client's Idempotency-Key stands for, for ever."""

from dataclasses import dataclass, replace
from datetime import datetime

from pinbill.domain.attempts import Attempt
from pinbill.domain.money import Money


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge obligation. `key` is the SHA-256 of the Idempotency-Key, `body` that of the request.

    `revision` grows with every write: who decides on an older reading must not write.
    """

    key: str
    body: str
    amount: Money
    description: str
    created_at: datetime
    attempt: Attempt  # its latest; its state is the charge's
    tries: int = 1
    revision: int = 1

    def with_attempt(self, attempt: Attempt) -> "Charge":
        tries = max(self.tries, attempt.number)
        return replace(self, attempt=attempt, tries=tries, revision=self.revision + 1)
