"""How long a provider takes to answer."""

from dataclasses import dataclass
from math import exp, log
from random import Random

Z99 = 2.3263  # of a normal distribution: one in a hundred is further out


@dataclass(frozen=True, slots=True)
class Latency:
    """Log-normal, in seconds; a share `hangs` never answers."""

    p50: float = 0.120
    p99: float = 0.380
    hangs: float = 0.0

    @property
    def sigma(self) -> float:
        return log(self.p99 / self.p50) / Z99

    @property
    def mean(self) -> float:
        """Of those that answer."""
        return self.p50 * exp(self.sigma**2 / 2)

    def draw(self, random: Random) -> float:
        if random.random() < self.hangs:
            return float("inf")
        return self.p50 * random.lognormvariate(0.0, self.sigma)


USUAL = Latency()
SLOW = Latency(p99=10.0, hangs=0.01)
