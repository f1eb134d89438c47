"""What each rail allows: how a lost answer is followed, and how a declined bill is tried again. Rules as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pinbill.domain.attempts import Attempt, AttemptState, FailureClass
from pinbill.domain.catalog import RailName
from pinbill.domain.dunning import LADDERS

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# A claim that is this old and still in flight was left by a process that died: no function of ours lives that long.
LEASE = timedelta(minutes=5)
# A claim that is this old and not sent yet is given back: whoever finds it later may already take it for abandoned.
SEND_WITHIN = timedelta(minutes=1)

# A mandate rests for so long before another subscription may use it: payments are found by amount and time, and the
# provider's clock is not ours.
MANDATE_REST = timedelta(minutes=5)


class Asking(StrEnum):
    """By what a provider can be asked what became of a payment."""

    OUR_REFERENCE = "our_reference"
    THEIR_REFERENCE = "their_reference"  # without it, by amount and time among all payments of the mandate
    NOT_AT_ALL = "not_at_all"


@dataclass(frozen=True, slots=True)
class RailRules:
    """How the outcome of an open attempt is followed, and what of a declined bill is tried again.

    `retries` holds one ladder for each class of failure: the distances from one try to the next. A plan may have
    ladders of its own, which together with the first try are no longer than `most_tries`.
    """

    has_pin: bool
    has_activity: bool
    asking: Asking
    settle_window: timedelta  # how late a payment may still land after its answer was lost
    ladder: tuple[timedelta, ...]  # distances between two looks at an open attempt; after the last a person decides
    afterwards: timedelta  # between two looks beyond the ladder: an answer may still come before a person does
    decide_within: timedelta  # of the time when the outcome was found open
    most_tries: int  # of one obligation
    retries: Mapping[FailureClass, tuple[timedelta, ...]]

    def next_look(self, looks: int) -> timedelta:
        return self.ladder[looks] if looks < len(self.ladder) else self.afterwards

    def is_past_ladder(self, attempt: Attempt) -> bool:
        return attempt.follow_ups >= len(self.ladder)


RULES: Mapping[RailName, RailRules] = {
    # No status call is documented: only the charge callback with our reference, or a person, can settle.
    RailName.INFOMEDIA: RailRules(
        True,
        True,
        Asking.NOT_AT_ALL,
        HOUR,
        (HOUR, DAY, DAY),
        DAY,
        5 * DAY,
        # No rule is documented; operators frown on more than one try a day.
        10,
        LADDERS,
    ),
    # Bank mandates take one or two working days; results come by polling, and holidays stretch them.
    RailName.SIGNZY: RailRules(
        False,
        False,
        Asking.THEIR_REFERENCE,
        30 * MINUTE,
        (10 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY, DAY, DAY, DAY),
        DAY,
        8 * DAY,
        # NPCI allows one execution and three more of a UPI mandate; which kind a mandate is, no answer tells.
        4,
        {**LADDERS, FailureClass.LIMIT: (DAY, 2 * DAY, 4 * DAY)},  # limits of banks are for a day
    ),
}


def deadline(rail: RailName, attempt: Attempt) -> datetime | None:
    """By when a person should have decided; None while nobody has to know of the attempt.

    An unknown outcome is listed from the start, since a person may know better; one that the provider will tell is
    listed when all looks have learnt nothing.
    """
    rules = RULES[rail]
    listed = attempt.state is AttemptState.UNKNOWN or (
        attempt.state is AttemptState.PENDING and rules.is_past_ladder(attempt)
    )
    if not listed or attempt.open_since is None:
        return None
    return attempt.open_since + rules.decide_within
