"""Guessers of PINs, and the honest user whom they lock out."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import Guards
from pinbill.errors import PinbillError, PinSendsExhausted, PinWrong, SlowDown, SubscriptionExists, WrongState
from tests.attack.stage import PARTNERS, SERVICES, Stage, person

STEP_MINUTES = 10
STEPS_AN_HOUR = 60 // STEP_MINUTES
FOUR_DIGITS, SIX_DIGITS = 10**4, 10**6
STRICT = {"tries": 2, "tries_a_number": 3}  # what an operator can set while PINs have four digits


@dataclass(frozen=True, slots=True)
class Guessed:
    """The most of any number in any 24 hours."""

    guessers: int
    checks: int
    comparisons: int
    sms: int

    def chance(self, pins: int) -> float:
        return self.comparisons / pins


class Guesser:
    """One of a crowd: through one partner's page or with its key, at one service, on one number, as fast as it may."""

    def __init__(self, stage: Stage, partner: str, service: str, who: Msisdn) -> None:
        self._stage, self._partner, self._service, self._who = stage, partner, service, who
        self._id: str | None = None

    def open(self) -> None:
        """Have an SMS sent, by a new subscription or by a new PIN for the one that is there."""
        try:
            if self._id is None:
                self._id = self._stage.subscribe(self._partner, self._service, self._who)
            else:
                self._stage.resend(self._partner, self._id)
        except SubscriptionExists as exists:
            self._id = exists.subscription_id
        except WrongState:
            self._id = None
        except PinbillError:
            return

    def guess(self) -> bool:
        """Whether another guess may be of use now."""
        return self._id is not None and self._stage.guess(self._partner, self._id) is PinWrong

    def start_over(self) -> None:
        if self._id is not None:
            try:
                self._stage.cancel(self._partner, self._id)
            except PinbillError:
                return
            self._id = None


def crowd(guards: Guards, *, guessers: int, victims: int, hours: int, seed: int, partners: int = 20) -> Guessed:
    """They know the rules: half the time they open as many PINs as they can before they guess, for a guess is then
    compared with all of them; half the time they guess with one PIN open. What is read of a number is stale as often as
    not, as it is for a crowd at once."""
    stage = Stage(seed, guards, stale=0.5)
    found = [0, 0, 0]
    for n in range(victims):
        who, random = person(100, n), stage.random
        places = [(partner, service) for partner in PARTNERS[:partners] for service in SERVICES]
        wide = n % 2 == 0
        sent = stage.carrier.sent
        found_here = [Guesser(stage, *random.choice(places), who) for _ in range(guessers // victims)]
        for _ in range(hours * STEPS_AN_HOUR):
            _round(found_here, random, wide=wide)
            stage.pass_time(minutes=STEP_MINUTES)
        checks, comparisons = stage.carrier.worst_day(who)
        found = [max(found[0], checks), max(found[1], comparisons), max(found[2], stage.carrier.sent - sent)]
    return Guessed(guessers, *found)


def _round(guessers: list[Guesser], random: Random, *, wide: bool) -> None:
    random.shuffle(guessers)
    if wide:
        for each in guessers:
            each.open()
    for each in guessers:
        if not wide:
            each.open()
        if not each.guess() and random.random() < 0.1:
            each.start_over()


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Of honest users with the right PIN, against whose number some partners' pages are used."""

    hostile: int
    users: int
    refused_first: int  # who did not get through at once
    hours: Sequence[float]  # until those got through

    @property
    def longest(self) -> float:
        return max(self.hours, default=0.0)


def lockout(guards: Guards, *, hostile: int, users: int, seed: int, most_hours: int = 48) -> LockedOut:
    """The attack on a number goes on for a day before its user comes, and until that user is through."""
    refused, hours = 0, list[float]()
    for n in range(users):
        stage = Stage(seed * 1_000 + n, guards)
        who = person(100, n)
        attackers = [
            Guesser(stage, partner, service, who) for partner in PARTNERS[1 : 1 + hostile] for service in SERVICES
        ]
        begin = stage.random.randrange(24 * STEPS_AN_HOUR, 48 * STEPS_AN_HOUR)
        for _ in range(begin):
            _round(attackers, stage.random, wide=n % 2 == 0)
            stage.pass_time(minutes=STEP_MINUTES)
        waited = _user_waits(stage, who, attackers, most_hours)
        refused += waited > 0
        hours += [waited] if waited else []
    return LockedOut(hostile, users, refused, hours)


def _user_waits(stage: Stage, who: Msisdn, attackers: list[Guesser], most_hours: int) -> float:
    """Hours until the user is through the page of a partner that is not hostile: who is refused comes back as the
    answer says, in ten minutes or in an hour, and has a new PIN sent."""
    partner, steps, again = PARTNERS[0], 0, 0
    id: str | None = None
    while steps < most_hours * STEPS_AN_HOUR:
        if steps >= again:
            try:
                id = _with_new_pin(stage, partner, who, id)
                stage.pass_time(seconds=40)
                stage.confirm(partner, id, stage.carrier.newest(who))
            except SlowDown as told:
                again = steps + max(1, told.retry_after // (60 * STEP_MINUTES))
            except PinbillError:
                again = steps + 1
            else:
                return steps / STEPS_AN_HOUR
        _round(attackers, stage.random, wide=True)
        stage.pass_time(minutes=STEP_MINUTES)
        steps += 1
    return float(most_hours)


def _with_new_pin(stage: Stage, partner: str, who: Msisdn, id: str | None) -> str:
    if id is not None:
        try:
            stage.resend(partner, id)
        except PinSendsExhausted:
            stage.cancel(partner, id)
        else:
            return id
    return stage.subscribe(partner, SERVICES[0], who)
