"""Retry policy: which failures are tried again, when, and how long access and hold last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pinbill.domain.attempts import FailureClass

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# One ladder per class; its length is the number of retries. A class without a ladder is never tried again by itself.
# These suit every rail; what a rail wants otherwise is in its rules.
LADDERS: Mapping[FailureClass, tuple[timedelta, ...]] = {
    FailureClass.SOFT: (DAY, 2 * DAY, 3 * DAY),
    FailureClass.LIMIT: (DAY, 3 * DAY, 7 * DAY),
    FailureClass.TECHNICAL: (6 * HOUR, DAY, 2 * DAY),
}

# Failures that are ours: the bill is tried again at this distance, outside the subscriber's budget, without dunning.
OURS = {FailureClass.REFUSED: HOUR}
NOT_SENT_DELAY = timedelta(minutes=5)
LONGEST_DELAY = DAY  # however long a provider asks us to wait


@dataclass(frozen=True, slots=True)
class Dunning:
    """`grace` keeps access after a decline, `hold` follows without access; then the subscription ends."""

    grace: timedelta = 3 * DAY
    hold: timedelta = 14 * DAY
    ladders: Mapping[FailureClass, tuple[timedelta, ...]] = field(default_factory=lambda: LADDERS)

    def retry_after(self, failure: FailureClass | None, attempt: int) -> timedelta | None:
        """How long after the `attempt`-th try of an obligation the next one comes; None when there is none.

        One budget per obligation: the position on the ladder is the number of all tries so far, whatever their class.
        """
        ladder = self.ladders.get(failure, ()) if failure else ()
        return ladder[attempt - 1] if attempt <= len(ladder) else None

    def is_final(self, failure: FailureClass | None) -> bool:
        """Whether a decline of this class ends the subscription at once."""
        return failure is FailureClass.HARD
