"""Prepares the running local world for events/; with --invoke, runs every file in a container and compares the answers.

python -m local.events                       make everything that the files need anew
python -m local.events charge.ok             only what this file needs
python -m local.events --invoke [EVENT ...]  prepare and run each: `make events`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import requests

from local.events.answers import brief
from local.events.expected import EXPECTED
from local.events.prepare import Preparation
from local.events.running_world import RunningWorld
from local.events.sam_invoke import require_engine, sam_invoke
from local.progress import say
from local.world import WorldError
from local.world.environment import ROOT
from pinbill.errors import PinbillError


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.events", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("events", nargs="*", metavar="EVENT", help="a file of events/ without .json; all, if none")
    parser.add_argument("--invoke", action="store_true", help="run each file by `sam local invoke`; needs Docker")
    parser.add_argument("--home", type=Path, default=ROOT / ".local", help="where the local world keeps its state")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.events) - set(EXPECTED))
    if unknown:
        parser.error(f"no such event: {', '.join(unknown)}")
    events = given.events or list(EXPECTED)
    try:
        return run(RunningWorld.find(given.home), events, invoke=given.invoke)
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
    except PinbillError as error:
        sys.stderr.write(f"the local world could not be prepared: {error.code}: {error.detail}\n")
    except requests.RequestException as error:
        sys.stderr.write(f"the simulated providers did not do what was asked: {type(error).__name__}\n")
    return 1


def run(world: RunningWorld, events: Sequence[str], *, invoke: bool) -> int:
    """Prepare the events, or prepare and invoke one after the other; 1 when an answer differs from its line."""
    if invoke:
        require_engine()
    preparation = Preparation(world)
    wrong = 0
    for event in events:
        preparation.make(event)
        if not invoke:
            continue
        answer = brief(sam_invoke(world, event))
        good = answer == EXPECTED[event]
        wrong += not good
        say(f"{event + '.json':<36} -> {answer}{'' if good else f'   <-- expected: {EXPECTED[event]}'}")
    if not invoke:
        say(f"prepared {len(events)} events")
    elif wrong:
        say(f"{wrong} of {len(events)} answers differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
