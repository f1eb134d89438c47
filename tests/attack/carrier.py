"""Infomedia as the attackers would wish it: it never tires of wrong PINs, and takes any PIN of the number that is good.

It judges: its own record says what was sent and how many PINs each check was compared with, whatever our counts say.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import override

from pinbill.domain.attempts import AttemptState, BillResult, FailureClass, PinVerdict
from pinbill.domain.msisdn import Msisdn
from pinbill.usecases.calls import Answer, BillOrder, CallResult, PinCheck, PinOrder, Subscriber
from pinbill.usecases.ports.rails import PhoneRail
from pinbill.usecases.ports.time_and_ids import Clock

LIFE = timedelta(minutes=10)
DAY = timedelta(hours=24)
DONE = CallResult(Answer.DONE)
WRONG = CallResult(Answer.REJECTED, "P1", pin=PinVerdict.WRONG)
NO_BILL = BillResult(AttemptState.DECLINED, "P1", FailureClass.PIN, pin=PinVerdict.WRONG)


@dataclass(frozen=True, slots=True)
class Sms:
    pin: str
    service: tuple[str, str]
    at: datetime


class Carrier(PhoneRail):
    """`guesses` are the checks of each number, as (time, PINs that it was compared with)."""

    def __init__(self, clock: Clock, random: Random, digits: int = 6) -> None:
        self._clock, self._random, self._digits = clock, random, digits
        self.sent = 0
        self.handset: dict[Msisdn, deque[Sms]] = defaultdict(lambda: deque(maxlen=8))
        self.guesses: dict[Msisdn, list[tuple[datetime, int]]] = defaultdict(list)
        self.before_check: Callable[[], object] = lambda: None

    @override
    def send_pin(self, order: PinOrder) -> CallResult:
        self.sent += 1
        who, service = order.subscriber.msisdn, order.subscriber.service
        pin = f"{self._random.randrange(10**self._digits):0{self._digits}}"
        place = (service.partner, service.id)
        kept = [sms for sms in self.handset[who] if sms.service != place]  # a new PIN replaces the service's last
        self.handset[who] = deque([*kept, Sms(pin, place, self._clock.now())], maxlen=64)
        return DONE

    def newest(self, who: Msisdn) -> str:
        """What the user reads."""
        return self.handset[who][-1].pin

    def _is_right(self, subscriber: Subscriber, pin: str) -> bool:
        self.before_check()
        now = self._clock.now()
        good = [sms for sms in self.handset[subscriber.msisdn] if now - sms.at < LIFE]
        right = any(sms.pin == pin for sms in good)
        if not right:
            self.guesses[subscriber.msisdn].append((now, len(good)))
        return right

    @override
    def check_pin(self, check: PinCheck) -> CallResult:
        return DONE if self._is_right(check.subscriber, check.pin) else WRONG

    @override
    def bill(self, order: BillOrder) -> BillResult:
        assert order.pin is not None  # nothing is renewed here
        return BillResult(AttemptState.PAID, "00") if self._is_right(order.subscriber, order.pin) else NO_BILL

    @override
    def log_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return DONE

    @override
    def close_activity(self, subscriber: Subscriber, reference: str) -> CallResult:
        return DONE

    def worst_day(self, who: Msisdn) -> tuple[int, int]:
        """The most checks in any 24 hours, and the most comparisons."""
        made = self.guesses[who]
        windows = [[seen for at, seen in made if begin <= at < begin + DAY] for begin, _ in made]
        return max(map(len, windows), default=0), max(map(sum, windows), default=0)
