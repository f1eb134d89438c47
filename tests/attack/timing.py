"""Whether the time of an answer tells what it must not: pairs of requests that differ in a secret alone, in turn.

What a caller sees is the time of our code, which is measured, and of each call to a table or to Infomedia, which is
drawn here as the network's would be. Two samples are compared by the test of Kolmogorov and Smirnov: one call more or
less on one side, or some ten microseconds of work, would show in ten thousand pairs.
"""

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from pinbill.domain.msisdn import Msisdn
from pinbill.domain.number_use import NumberUse, Sent, Tried
from pinbill.domain.pin_guards import Guards
from pinbill.entrypoints.problems import headers_of, problem_of
from pinbill.errors import PinbillError
from tests.attack.stage import PARTNERS, SERVICES, Stage, person

ASKING = PARTNERS[0]


@dataclass(frozen=True, slots=True)
class Compared:
    name: str
    pairs: int
    distance: float  # of the two distributions: 0 to 1
    probability: float  # that two samples of one distribution are so far apart, or farther
    same_answers: bool


def ks(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Distance and probability, by Kolmogorov's limit with Stephens' correction for samples that end."""
    ordered, other = sorted(first), sorted(second)
    at = also = 0
    distance = 0.0
    while at < len(ordered) and also < len(other):
        value = min(ordered[at], other[also])
        while at < len(ordered) and ordered[at] == value:
            at += 1
        while also < len(other) and other[also] == value:
            also += 1
        distance = max(distance, abs(at / len(ordered) - also / len(other)))
    size = math.sqrt(len(ordered) * len(other) / (len(ordered) + len(other)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    if scaled < 0.2:
        return distance, 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return distance, min(1.0, max(0.0, sum(terms)))


def known_elsewhere(stage: Stage, who: Msisdn, secret: bool) -> None:
    """A number that another partner has sent a PIN to, or one that nobody has; somebody's number is written anyway."""
    somebody = person(300, int(who.digits[-6:]))
    stage.subscribe(PARTNERS[1], SERVICES[0], who if secret else somebody)


def refused_elsewhere(stage: Stage, who: Msisdn, secret: bool) -> None:
    """A number of which others have used up the SMS, or of which this partner has used up its own."""
    others = PARTNERS[1:6] if secret else (ASKING, ASKING, *PARTNERS[1:4])
    sent = tuple(Sent(stage.clock.now(), partner, "0000") for partner in others for _ in range(2))
    stage.tallies.uses[who] = NumberUse(sent)


def locked_elsewhere(stage: Stage, who: Msisdn, secret: bool) -> None:
    """A number of which others have used up the tries, or of which this partner has used up its own."""
    stage.subscribe(ASKING, SERVICES[0], who)
    others = PARTNERS[1:6] if secret else (ASKING, ASKING, *PARTNERS[1:4])
    tried = tuple(Tried(stage.clock.now(), partner, 1, 0) for partner in others for _ in range(2))
    stage.tallies.uses[who] = NumberUse(tried=tried)


def ask_for_pin(stage: Stage, who: Msisdn) -> str:
    return _answered(lambda: stage.subscribe(ASKING, SERVICES[0], who))


def confirm(stage: Stage, who: Msisdn) -> str:
    (id,) = stage.store.with_number(ASKING, who)
    return _answered(lambda: stage.confirm(ASKING, id, "000"))


def compare(
    name: str,
    prepare: Callable[[Stage, Msisdn, bool], None],
    ask: Callable[[Stage, Msisdn], str],
    pairs: int,
    seed: int,
) -> Compared:
    """Each pair is asked in an order by chance, after a first tenth that only warms up."""
    stage, random = Stage(seed, _roomy()), Random(seed)
    times: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, set[str]] = {True: set(), False: set()}
    gc.disable()
    try:
        for n in range(pairs + pairs // 10):
            numbers = {True: person(200, 2 * n), False: person(200, 2 * n + 1)}
            for secret in (True, False):
                prepare(stage, numbers[secret], secret)
            for secret in random.sample((True, False), 2):
                before, begun = _calls(stage), time.perf_counter()
                answer = ask(stage, numbers[secret])
                took = time.perf_counter() - begun + _network(random, before, _calls(stage))
                if n >= pairs // 10:
                    times[secret].append(took)
                    answers[secret].add(answer)
    finally:
        gc.enable()
    distance, probability = ks(times[True], times[False])
    return Compared(name, pairs, distance, probability, answers[True] == answers[False])


def _calls(stage: Stage) -> tuple[int, int]:
    """To the tables, and to Infomedia."""
    return stage.tallies.calls + stage.store.calls, stage.carrier.sent


def _network(random: Random, before: tuple[int, int], after: tuple[int, int]) -> float:
    """Seconds that these calls would have taken, about 4 ms and 300 ms each."""
    tables, provider = after[0] - before[0], after[1] - before[1]
    drawn = sum(random.lognormvariate(math.log(0.004), 0.3) for _ in range(tables))
    return drawn + sum(random.lognormvariate(math.log(0.3), 0.2) for _ in range(provider))


def _roomy() -> Guards:
    """Only the numbers' own figures may refuse: thousands of them are asked for at one moment."""
    most = 10_000_000
    return Guards(
        unconfirmed_a_block=most,
        unconfirmed_a_prefix=most,
        unconfirmed_an_address=most,
        unconfirmed=most,
        spend_a_day=most,
    )


def _answered(call: Callable[[], object]) -> str:
    """All that a partner sees of a refusal."""
    try:
        call()
    except PinbillError as error:
        return f"{problem_of(error)} {headers_of(error)}"
    return "done"


def oracles(*, pairs: int, seed: int) -> list[Compared]:
    return [
        compare("a PIN asked for: number known elsewhere or nowhere", known_elsewhere, ask_for_pin, pairs, seed),
        compare("an SMS refused: for others' use or its own", refused_elsewhere, ask_for_pin, pairs, seed),
        compare("a PIN locked: by others' tries or its own", locked_elsewhere, confirm, pairs, seed),
    ]
