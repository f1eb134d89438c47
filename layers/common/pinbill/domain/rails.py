"""What can be known from each rail when an answer is lost: rules as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pinbill.domain.catalog import RailName

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# A claim that is this old and still in flight was left by a process that died: no function of ours lives that long.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RailRules:
    """How the outcome of an open attempt is followed."""

    has_pin: bool
    has_activity: bool
    can_ask: bool  # a call of the provider tells what became of a payment
    settle_window: timedelta  # how late a payment may still land after its answer was lost
    ladder: tuple[timedelta, ...]  # distances between two looks at an open attempt; the last look is the deadline

    def next_look(self, looks: int) -> timedelta | None:
        return self.ladder[looks] if looks < len(self.ladder) else None


RULES: Mapping[RailName, RailRules] = {
    # No status call is documented: only the charge callback with our reference, or a person, can settle.
    RailName.INFOMEDIA: RailRules(True, True, False, HOUR, (HOUR, DAY, DAY)),
    # Bank mandates take one or two working days; results come by polling, and holidays stretch them.
    RailName.SIGNZY: RailRules(
        False, False, True, 30 * MINUTE, (10 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY, DAY, DAY, DAY)
    ),
}
