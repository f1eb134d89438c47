"""What an Idempotency-Key stands for: one request of one operation, remembered as long as its subscription."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pinbill.domain.records import changed
from pinbill.errors import PinbillError, PinProblem

LONGEST_KEY = 255  # characters


class Outcome(StrEnum):
    """What a request has come to; what became of it since, the subscription and its attempts say."""

    UNDER_WAY = "under_way"  # begun, and nothing was asked for yet that lasts
    DONE = "done"
    REFUSED = "refused"  # for good: the PIN or the number was not accepted
    NOTHING = "nothing"  # nothing came of it: a repeat carries it out


@dataclass(frozen=True, slots=True)
class Remembered:
    """A request that was carried out. `key` and `body` are hashes; of a PIN nothing is ever in them.

    Written with what it made happen. `revision` grows with every write: who decides on an older reading must not write.
    """

    key: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime
    outcome: Outcome = Outcome.DONE
    subscription: str | None = None  # the one that it has created; else it is one of the subscription beside it
    attempt: str | None = None  # id of the one that it has claimed
    code: str | None = None  # of the error that it was refused by
    revision: int = 1

    def done(self, attempt: str | None = None) -> "Remembered":
        return changed(self, outcome=Outcome.DONE, attempt=attempt, revision=self.revision + 1)

    def failed(self, error: PinbillError) -> "Remembered":
        """After an error that says that nothing was done: of a PIN or a number it is final."""
        if isinstance(error, PinProblem):
            return changed(self, outcome=Outcome.REFUSED, code=error.code, revision=self.revision + 1)
        return changed(self, outcome=Outcome.NOTHING, revision=self.revision + 1)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request that came with a key: hashes of its operation with the key, and of its body."""

    key: str = field(repr=False)
    body: str = field(repr=False)

    def begun(
        self,
        now: datetime,
        earlier: Remembered | None = None,
        outcome: Outcome = Outcome.DONE,
        subscription: str | None = None,
    ) -> Remembered:
        """To be written with the first of its effects; `earlier` is what it has come to before: nothing."""
        revision = earlier.revision + 1 if earlier else 1
        return Remembered(self.key, self.body, now, outcome, subscription, revision=revision)
