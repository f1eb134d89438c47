"""How a quota was used, judged by nothing but the times at which calls arrived."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """`share` of the cap between the first and the last call; `above`: one-second windows that hold more than it.

    A window begins at every arrival and includes it; the arrival a whole second later is outside.
    """

    calls: int
    seconds: float
    share: float
    first_99: float  # the share until 99 in a hundred were made: a call that missed its time is given one behind all
    above: int
    worst: int  # the most in one window


def use(arrivals: Sequence[float], cap: float) -> Use:
    at = sorted(arrivals)
    seconds = at[-1] - at[0]
    held = [bisect_left(at, begin + 1.0) - number for number, begin in enumerate(at)]
    most = max(2, len(at) * 99 // 100)
    return Use(
        len(at),
        seconds,
        (len(at) - 1) / seconds / cap,
        (most - 1) / (at[most - 1] - at[0]) / cap,
        sum(count > cap for count in held),
        max(held),
    )
