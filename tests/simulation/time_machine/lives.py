"""What users do in the time machine, drawn by seed: subscribe, confirm, cancel, pause, resume, pay for extras."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from random import Random

from tests.simulation.time_machine.catalog import OFFERS, Offer

NUMBERS = 1000  # of Ofcom's range for drama; a number has each plan once
DAY = timedelta(days=1)
MONTH = timedelta(days=30.4)
LATECOMERS, CANCELS_A_MONTH, AT_PERIOD_END, STOPS_BY_SMS = 0.1, 0.012, 0.5, 0.1
PAUSES, BY_ITSELF, LONGEST_PAUSE = 0.06, 0.5, 75
CHARGES = 0.03


class Do(StrEnum):
    SUBSCRIBE = "subscribe"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    CANCEL_AT_END = "cancel_at_end"
    STOP = "stop"  # by SMS, or by revoking the mandate
    PAUSE = "pause"
    RESUME = "resume"
    CHARGE = "charge"


@dataclass(frozen=True, slots=True)
class Act:
    """`user` counts the users of a shard; `until` is of a pause that ends by itself."""

    user: int
    do: Do
    until: datetime | None = None


def offers(users: int) -> list[tuple[Offer, int]]:
    """Each user's plan and number: by share, and of each plan no number twice."""
    bounds = list(accumulate(offer.share for offer in OFFERS))
    taken = [0] * len(OFFERS)
    found = []
    for user in range(users):
        place = (user * 619 + 7) % 1000  # which visits every place of a thousand once
        at = next(at for at, bound in enumerate(bounds) if place < bound)
        found.append((OFFERS[at], taken[at] % NUMBERS))
        taken[at] += 1
    assert max(taken) <= NUMBERS, "a shard is too large for the numbers there are"
    return found


def life(random: Random, user: int, start: datetime, months: int) -> Iterator[tuple[datetime, Act]]:
    """One user's acts, in no order."""
    joins_within = 6 * MONTH if random.random() < LATECOMERS else 31 * DAY
    begins = start + joins_within * random.random()
    yield begins, Act(user, Do.SUBSCRIBE)
    yield begins + timedelta(seconds=random.randrange(20, 300)), Act(user, Do.CONFIRM)
    ends = random.expovariate(CANCELS_A_MONTH) if CANCELS_A_MONTH else months
    if ends < months:
        draw = random.random()
        how = Do.STOP if draw < STOPS_BY_SMS else Do.CANCEL_AT_END if draw < AT_PERIOD_END else Do.CANCEL
        yield begins + MONTH * ends, Act(user, how)
    if random.random() < PAUSES:
        at = begins + MONTH * months * random.random()
        resumes = at + DAY * random.uniform(1, LONGEST_PAUSE)
        if random.random() < BY_ITSELF:
            yield at, Act(user, Do.PAUSE, resumes)
        else:
            yield at, Act(user, Do.PAUSE)
            yield resumes, Act(user, Do.RESUME)
    if random.random() < CHARGES:
        yield begins + MONTH * months * random.random(), Act(user, Do.CHARGE)
