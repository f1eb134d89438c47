"""Honest users: they give up, mistype, ask again, sit behind one address with a thousand others, and come at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

from pinbill.domain.catalog import PinRules
from pinbill.domain.msisdn import Msisdn
from pinbill.errors import PinbillError, PinExhausted, PinExpired, PinWrong, SlowDown
from tests.attack.stage import SERVICES, Stage, person
from tests.fakes.clock import START

PREFIXES = 80  # that honest users' numbers have, some far more often than others
CARRIER_ADDRESSES = 12  # behind which three users of ten are
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of users, or of what they do."""

    give_up: float = 0.25  # they see the price, and close the page
    wrong_number: float = 0.02  # a stranger gets the SMS; they see it and correct it
    typo: float = 0.08  # of a PIN
    impatient: float = 0.08  # of SMS: they ask for another
    second_plan: float = 0.06
    behind_carrier: float = 0.30
    in_family: float = 0.10  # shares number of buyers and address with three more


USUAL = Habits()
# Users an hour of a day of 24, in thousandths of the day's.
EVEN = (10, 6, 4, 4, 6, 12, 25, 40, 50, 52, 54, 56, 60, 58, 55, 54, 56, 60, 66, 72, 76, 64, 36, 24)
LAUNCH = (2, 1, 1, 1, 1, 3, 6, 10, 15, 260, 150, 90, 70, 60, 50, 45, 40, 40, 40, 40, 35, 20, 12, 8)


@dataclass(slots=True)
class Crowd:
    """`hindered` are the users who were told at least once to wait, by a guard, with all that they were told."""

    stage: Stage
    random: Random
    habits: Habits = USUAL
    users: int = 0
    served: int = 0
    hindered: Counter[str] = field(default_factory=Counter)
    _turns: list[tuple[float, int, "User"]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def come(self, at: float, partner: str) -> None:
        """A new user, so many seconds after the begin."""
        self.users += 1
        heappush(self._turns, (at, next(self._order), User(self, partner)))

    def act(self, until: float) -> None:
        """Everything that users do before this moment; the stage's clock follows them."""
        while self._turns and self._turns[0][0] < until:
            at, _, user = heappop(self._turns)
            self.stage.pass_time(seconds=max(0.0, at - self.now))
            again = user.act()
            if again is not None:
                heappush(self._turns, (self.now + again, next(self._order), user))
        self.stage.pass_time(seconds=max(0.0, until - self.now))

    @property
    def now(self) -> float:
        return (self.stage.clock.now() - START).total_seconds()

    @property
    def share_hindered(self) -> float:
        return self.hindered.total() / max(1, self.users)


class User:
    """One person with a phone; `act` is what they do next, and gives the seconds until they do more."""

    def __init__(self, crowd: Crowd, partner: str) -> None:
        self._crowd, self._partner = crowd, partner
        self._random, habits = crowd.random, crowd.habits
        self._who = self._number()
        self._address = self._an_address(habits)
        self._services = list(SERVICES[: 2 if self._random.random() < habits.second_plan else 1])
        self._gives_up = self._random.random() < habits.give_up
        self._mistaken = self._random.random() < habits.wrong_number
        self._id: str | None = None
        self._asked = 0
        self._wants_another = False
        self._refusals = 0
        self._counted = False

    def _number(self) -> Msisdn:
        popular = int(PREFIXES * self._random.random() ** 1.7)
        return person(100 + popular, self._random.randrange(1_000_000))

    def _an_address(self, habits: Habits) -> str:
        kind = self._random.random()
        if kind < habits.behind_carrier:
            return f"198.51.100.{self._random.randrange(CARRIER_ADDRESSES)}"
        if kind < habits.behind_carrier + habits.in_family:
            return f"203.0.113.{self._random.randrange(256)}"
        return f"10.{self._random.randrange(256)}.{self._random.randrange(256)}.{self._random.randrange(256)}"

    def act(self) -> float | None:
        try:
            return self._step()
        except SlowDown as told:
            if not self._counted:
                self._counted = True
                self._crowd.hindered[told.code] += 1
            self._refusals += 1
            return told.retry_after + 1.0 if self._refusals < 3 else None
        except (PinExpired, PinExhausted):
            self._wants_another = True
            return PinRules().wait_after(self._asked).total_seconds() + 1
        except PinbillError:
            return None

    def _step(self) -> float | None:
        stage = self._crowd.stage
        if self._id is None:
            number = self._number() if self._mistaken else self._who
            id = stage.subscribe(self._partner, self._services[0], number, self._address)
            self._asked += 1
            if self._mistaken:
                self._mistaken = False
                return self._random.uniform(20, 90)
            if self._gives_up:
                return None
            self._id = id
            return self._reads()
        if self._wants_another:
            return self._ask_again()
        return self._type()

    def _reads(self) -> float:
        """Seconds until the SMS is there and typed; who waits too long asks for another, when the page lets them."""
        self._wants_another = self._random.random() < self._crowd.habits.impatient
        if self._wants_another:
            return PinRules().wait_after(self._asked).total_seconds() + self._random.uniform(1, 30)
        return self._random.uniform(12, 100)

    def _ask_again(self) -> float | None:
        assert self._id is not None
        self._crowd.stage.resend(self._partner, self._id, self._address)
        self._asked += 1
        return self._reads()

    def _type(self) -> float | None:
        assert self._id is not None
        typo = self._random.random() < self._crowd.habits.typo
        pin = "000" if typo else self._crowd.stage.carrier.newest(self._who)
        try:
            self._crowd.stage.confirm(self._partner, self._id, pin, self._address)
        except PinWrong:
            return self._random.uniform(8, 30)
        self._crowd.served += 1
        self._services.pop(0)
        self._id, self._asked = None, 0
        return self._random.uniform(30, 900) if self._services else None


def day_of_users(crowd: Crowd, users: int, partner: str, day: int, hours: Sequence[int] = EVEN) -> None:
    """So many users on one day (the stage begins at 10:00), spread over its hours."""
    for hour, share in enumerate(hours):
        for _ in range(round(users * share / sum(hours))):
            crowd.come(day * 24 * HOUR + (hour + crowd.random.random()) * HOUR, partner)
