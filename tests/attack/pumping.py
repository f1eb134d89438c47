"""Pumpers of SMS, beside the usual users of the partner whom they use.

They know the guards and their figures, and lose nothing by a refusal: so each asks for more than it can get, at every
moment, wherever there may be room, also for what honest users' confirmed PINs have just given back. What gets through
is the most that anybody can have who stays below each guard.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.pin_guards import PRICE_PARTS, Guards
from pinbill.errors import PinbillError
from tests.attack.crowds import Crowd, day_of_users
from tests.attack.stage import PARTNERS, SERVICES, Stage, person

MINUTE = 60.0
BOTNET = 10_000  # addresses
BLOCK, PREFIX = 10_000, 1_000_000  # numbers


@dataclass(frozen=True, slots=True)
class Target:
    """Which number, through which partner, from which address."""

    who: Msisdn
    partner: str = PARTNERS[0]
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """`targets` makes them without an end; `wanted` SMS in so many days. `confirms`: they own the numbers, and confirm
    as many of the PINs as it takes."""

    name: str
    targets: Callable[[Random], Iterator[Target]]
    days: int = 1
    confirms: bool = False


def botnet_address(random: Random) -> str:
    at = random.randrange(BOTNET)
    return f"100.64.{at // 256}.{at % 256}"


def adjacent(blocks: int, prefixes: int, addresses: int, *, first: int = 100) -> Callable[[Random], Iterator[Target]]:
    """Numbers side by side, in so many blocks of ten thousand of each of so many prefixes."""

    def targets(random: Random) -> Iterator[Target]:
        while True:
            prefix, block = random.randrange(prefixes), random.randrange(blocks)
            who = person(first + prefix, block * BLOCK + random.randrange(BLOCK))
            address = botnet_address(random) if addresses > 1 else "100.64.0.1"
            yield Target(who, address=address)

    return targets


def stolen_key(prefixes: int) -> Callable[[Random], Iterator[Target]]:
    """The addresses are made up: as many as there are."""

    def targets(random: Random) -> Iterator[Target]:
        while True:
            who = person(100 + random.randrange(prefixes), random.randrange(PREFIX))
            yield Target(who, address=f"2001:db8:{random.randrange(65_536):x}::1")

    return targets


def over_partners(partners: int) -> Callable[[Random], Iterator[Target]]:
    def targets(random: Random) -> Iterator[Target]:
        for target in adjacent(10, 1, BOTNET)(random):
            yield Target(target.who, random.choice(PARTNERS[:partners]), target.address)

    return targets


INCIDENTS = (
    Incident("one address, one range", adjacent(1, 1, 1)),
    Incident("10,000 addresses, a range of 10,000 numbers", adjacent(1, 1, BOTNET)),
    Incident("10,000 addresses, 10 ranges side by side", adjacent(10, 1, BOTNET)),
    Incident("the same through 5 partners", over_partners(5)),
    Incident("10,000 addresses, 20 ranges of 20 prefixes", adjacent(1, 20, BOTNET)),
    Incident("slow: the same over 7 days", adjacent(1, 20, BOTNET), days=7),
    Incident("a stolen key, over all users' prefixes", stolen_key(80)),
)
OWN_NUMBERS = Incident("numbers of their own, free periods confirmed", adjacent(10, 20, BOTNET), confirms=True)


@dataclass(slots=True)
class Pumped:
    """What came of an incident."""

    incident: Incident
    asked: int = 0
    sent: int = 0
    users: int = 0
    hindered: int = 0
    guards: dict[str, int] = field(default_factory=dict)

    @property
    def stopped(self) -> float:
        return 1 - self.sent / max(1, self.asked)

    def loss(self, guards: Guards) -> float:
        return self.sent * guards.sms_price / PRICE_PARTS


def pump(incident: Incident, guards: Guards, *, wanted: int, users_a_day: int, seed: int) -> Pumped:
    """So many SMS wanted in all, asked for evenly, beside so many honest users a day of the partner."""
    stage, found = Stage(seed, guards, partners=PARTNERS[:5]), Pumped(incident)
    random, crowd = Random(seed), Crowd(stage, Random(seed + 1))
    targets = incident.targets(random)
    for day in range(incident.days):
        day_of_users(crowd, users_a_day, PARTNERS[0], day)
    minutes = incident.days * 24 * 60
    for minute in range(minutes):
        crowd.act(minute * MINUTE)
        while found.asked < wanted * (minute + 1) // minutes:
            found.asked += 1
            _ask(stage, next(targets), found)
    found.users, found.hindered = crowd.users, crowd.hindered.total()
    found.guards = dict(stage.metrics.refused)
    return found


def _ask(stage: Stage, target: Target, found: Pumped) -> None:
    try:
        id = stage.subscribe(target.partner, SERVICES[0], target.who, target.address)
        found.sent += 1
        if found.incident.confirms:
            stage.confirm(target.partner, id, stage.carrier.newest(target.who), target.address)
    except PinbillError:
        return
