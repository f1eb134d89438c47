"""`make shuffles`: lives of subscriptions, told in any order with duplicates and losses; is the state always right?"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pinbill_client.webhooks import Consumer, Event, MemoryBooks, missing

STATES = ("pending", "active", "past_due", "suspended", "paused", "cancelled")
ID = "kit0001"


@dataclass(slots=True)
class Tally:
    shuffles: int = 0
    deliveries: int = 0
    duplicates: int = 0
    lost: int = 0
    wrong_state: int = 0
    acted_twice: int = 0
    not_acted: int = 0
    gap_unnoticed: int = 0
    gap_invented: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.wrong_state or self.acted_twice or self.not_acted or self.gap_unnoticed or self.gap_invented)


def life(chance: random.Random) -> list[Event]:
    """What happens to a subscription. Now and then several things at once, or a retry with a later snapshot."""
    length, first = chance.randint(2, 12), chance.choice((1, 1, 1, 5))
    states = {seq: chance.choice(STATES) for seq in range(first, first + length)}
    newest, told = first + length - 1, []
    for seq in states:
        as_of = min(newest, seq + chance.choice((0, 0, 0, 1, 4)))
        snapshot = {"id": ID, "state": states[as_of], "sequence": as_of}
        told.append(Event(f"evt_{ID}_{seq}", "bill.paid", "", seq, {"subscription": snapshot}))
    return told


def shuffled(events: Sequence[Event], chance: random.Random) -> list[Event]:
    """As a receiver may meet them: some lost, some doubled, in any order."""
    kept = [event for event in events if chance.random() > 0.15] or [events[0]]
    doubled = [event for event in kept for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    chance.shuffle(doubled)
    return doubled


def play(chance: random.Random, tally: Tally) -> None:
    events = life(chance)
    told = shuffled(events, chance)
    consumer, acted = Consumer(MemoryBooks()), []
    come: set[int] = set()
    for event in told:
        receipt = consumer.receive(event)
        assert event.sequence is not None  # every event of a life has one
        come.add(event.sequence)
        if receipt.is_new:
            acted.append(event.sequence)
        gaps = [seq for seq in range(min(come), max(come)) if seq not in come]
        tally.gap_unnoticed += bool(set(gaps) - set(receipt.missing))
        tally.gap_invented += bool(set(receipt.missing) - set(gaps))
    seen = consumer.books.seen(ID)
    newest = max((event.subscription for event in told if event.subscription), key=lambda each: int(each["sequence"]))
    tally.shuffles += 1
    tally.deliveries += len(told)
    tally.duplicates += len(told) - len(come)
    tally.lost += len(events) - len(come)
    tally.wrong_state += seen.snapshot != newest
    tally.acted_twice += len(acted) != len(set(acted))
    tally.not_acted += set(acted) != come
    tally.gap_unnoticed += missing(seen) != [seq for seq in range(min(come), max(come)) if seq not in come]


def run(count: int, seed: int) -> Tally:
    chance, tally = random.Random(seed), Tally()
    for _ in range(count):
        play(chance, tally)
    return tally


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m kit.shuffles", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    tally = run(given.count, given.seed)
    found = {
        "wrong state": tally.wrong_state,
        "acted twice": tally.acted_twice,
        "not acted": tally.not_acted,
        "gap not noticed": tally.gap_unnoticed,
        "gap invented": tally.gap_invented,
    }
    told = f"{tally.deliveries} deliveries, {tally.duplicates} duplicates, {tally.lost} events lost"
    sys.stdout.write(f"{tally.shuffles} shuffles ({told}): ")
    sys.stdout.write(", ".join(f"{what} {times}" for what, times in found.items()) + "\n")
    return 0 if tally.is_clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
