"""`make clock DAYS=7`: move the local world's time forward, for us and for the simulated providers alike."""

from __future__ import annotations

import argparse
import sys

from botocore.exceptions import BotoCoreError

from local.progress import say
from local.seed import move_clock
from local.world import LocalAws, Ports, WorldError
from local.world.environment import ROOT
from local.world.ports import HOST
from local.world.stack import outputs_of
from pinbill.store.table import Table

DAY = 86400


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.clock", description=__doc__)
    parser.add_argument("--days", type=float, required=True, help="forward only")
    days = parser.parse_args(arguments).days
    if days <= 0:
        parser.error("time moves forward only: say a number of days above zero")
    try:
        ports = Ports.from_environment()
        aws = LocalAws(ROOT / ".local", ports.aws)
        outputs = outputs_of(aws.client("cloudformation"))
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BotoCoreError:
        sys.stderr.write("the local world is not up: start it with make run\n")
        return 1
    if outputs is None:
        sys.stderr.write("the local world has no stack yet: start it with make run\n")
        return 1
    table = Table(aws.client("dynamodb"), outputs["TableName"])
    ahead = move_clock(table, f"http://{HOST}:{ports.simulators}", int(days * DAY))
    say(f"now {ahead / DAY:g} days ahead of real time; what is due is billed by the schedule within a minute")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
