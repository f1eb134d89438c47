"""Run in a process of its own on a patched copy: search until the first violation, and say it in one line of JSON."""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import pinbill
from tests.simulation.parts import Part, exhaustive_parts, random_parts, search
from tests.simulation.story import STORES, Story
from tests.simulation.tracing import replay

SEED = 1
CYCLES = {"memory": 60_000, "dynamodb": 8_000}  # of random stories, beside the exhaustive search
AT_ONCE = 24  # situations that are searched between two chunks of random stories
NOT_THE_COPY = 3


def parts(store: str) -> Iterator[Part]:
    """What is searched: every schedule of no and of one deviation, and random stories in between."""
    yield from exhaustive_parts(store, 0)
    chunks = random_parts(CYCLES[store], SEED, store)
    schedules = exhaustive_parts(store, 1)
    while some := list(islice(schedules, AT_ONCE)):
        yield from chain(some, islice(chunks, 1))
    yield from chunks


def hunt(store: str) -> dict[str, object]:
    """The first violation, or without one how much was searched."""
    cycles = schedules = 0
    for part in parts(store):
        tally = search(part)
        cycles, schedules = cycles + tally.cycles, schedules + tally.schedules
        if tally.found:
            found = tally.found[0]
            return {"invariant": found.invariant, "detail": found.detail, "story": found.shrunk}
    return {"cycles": cycles, "schedules": schedules}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.hunt", description=__doc__)
    parser.add_argument("--copy", type=Path, required=True, help="the folder that the code under test must come from")
    parser.add_argument("--store", choices=STORES, default=STORES[0])
    parser.add_argument("--seconds", type=int, default=resource.RLIM_INFINITY, help="of the processor, at most")
    parser.add_argument("--replay", metavar="STORY", help="play one story and print its trace")
    chosen = parser.parse_args(arguments)
    if not Path(pinbill.__file__ or "").is_relative_to(chosen.copy):
        sys.stderr.write(f"pinbill is not that of {chosen.copy}\n")
        return NOT_THE_COPY
    # Not of the clock: on a machine that has other things to do, a mutant would seem to survive.
    resource.setrlimit(resource.RLIMIT_CPU, (chosen.seconds, resource.RLIM_INFINITY))
    if chosen.replay:
        return 1 if replay(Story.parse(chosen.replay), sys.stdout) else 0
    sys.stdout.write(json.dumps({**hunt(chosen.store), "seconds": time.process_time()}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
