"""`make run`: start the local world, play the journey in it, show both ledgers, and stay up until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from local.events.sam_invoke import EVENTS
from local.journey.actors import BackOffice, JourneyError, Partner
from local.journey.books import compare
from local.journey.hooks import hooked
from local.journey.story import Story, tell
from local.progress import say
from local.seed import Seeded, move_clock, seed
from local.world import World, WorldError
from local.world.sam_local import command_line


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the journey, with its result")
    once = parser.parse_args(arguments).once
    # `kill` and a closed terminal stop the children like Ctrl-C does; a shell's background job is born deaf to Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        say("starting the local world")
        with World() as world:
            seeded = seed(world)
            good = play(world, seeded)
            if once:
                return 0 if good else 1
            _stay(world, seeded)
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        say("stopped; state kept in .local")
        return 0


def play(world: World, seeded: Seeded) -> bool:
    """Play the journey; True when it went as it should and both ledgers agree."""
    office = BackOffice(world.simulators_url)
    story = Story(
        Partner(world.api_url, seeded.key),
        office,
        lambda seconds: move_clock(seeded.table, world.simulators_url, seconds),
        lambda: world.invoke("RecurringBillFunction", {"mode": "run"}),
    )
    say("the journey")
    try:
        with hooked(world) as hook:
            story.told = hook.told
            tell(story)
    except JourneyError as error:
        say(f"the journey failed: {error}")
        return False
    books = compare(story.partner, office, story.made, story.mandates)
    say("the providers' ledger beside ours")
    for line in books.table():
        say(line)
    say("  equal to the penny, each obligation debited once" if books.balanced else "  THE LEDGERS DIFFER")
    return books.balanced


def _stay(world: World, seeded: Seeded) -> NoReturn:
    tour = world.home / "tour.env"
    tour.write_text(f"export API={world.api_url} KEY={seeded.key} PROVIDERS={world.simulators_url}\n")
    tour.chmod(0o600)
    say("the local world is up; README.md has a tour for another terminal, which begins with:  source .local/tour.env")
    say(f"  API        {world.api_url}")
    say(f"  handsets   {world.simulators_url}/handset?html=1")
    charge = command_line("ChargeFunction", EVENTS / "charge.ok.json", world.sam_local_file)
    say("  operator   source .local/operator.env; make ops ARGS=unknowns")
    say("  events     make events, or make events EVENTS=charge.ok (needs a Docker engine); by hand, once prepared:")
    say(f"    {charge}")
    say("Ctrl-C stops everything and keeps the state")
    while True:
        world.require_running()
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
