"""What every drill has in common: a folder of its own, a limit of time, and an end that leaves what a person needs."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from local.drill.errors import DrillError
from local.progress import say
from local.world import WorldError
from local.world.environment import ROOT

HOMES = ROOT / ".local"


def attended(name: str, minutes: int, drill: Callable[[Path], bool]) -> int:
    """Carry out the drill in a new folder, and return the exit status.

    The folder is kept unless all was as it must be; the drill is given up after so many minutes.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(minutes * 60)
    HOMES.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=HOMES))
    good = False
    try:
        good = drill(home)
    except (WorldError, DrillError) as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        say("stopped")
    signal.alarm(0)
    if good:
        shutil.rmtree(home, ignore_errors=True)
        return 0
    say(f"logs and state are kept in {home}")
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise DrillError("the drill took longer than it may; --minutes gives it more time")
