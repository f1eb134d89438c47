"""Runs the local world until Ctrl-C: `python -m local.world`."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from local.progress import say
from local.world import World, WorldError
from local.world.environment import REGION


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Start, print the addresses, wait, stop."""
    # `kill` and a closed terminal stop the children like Ctrl-C does; a shell's background job is born deaf to Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with World() as world:
            say(f"API        {world.api_url}")
            say(f"providers  {world.simulators_url}")
            say(f"AWS        {world.aws.url} (key test, secret test, region {REGION})")
            say("Ctrl-C stops everything and keeps the state")
            while True:
                world.require_running()
                time.sleep(0.5)
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        say("stopped; state kept")
        return 0


if __name__ == "__main__":
    sys.exit(main())
