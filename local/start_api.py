"""`make start-api`: every route by `sam local start-api`, beside the running local world, until Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys

from local.events.running_world import RunningWorld
from local.events.sam_invoke import require_engine
from local.progress import say
from local.world import WorldError
from local.world.environment import ROOT, child_environment
from local.world.ports import HOST
from local.world.sam_local import ACCOUNT, start_api_command


def main() -> int:
    """Read START_API_PORT, 3000 if it is not set; returns what sam ended with."""
    port = int(os.environ.get("START_API_PORT") or 3000)
    try:
        require_engine()
        command = start_api_command(port, RunningWorld.find(ROOT / ".local").sam_local_file)
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say(f"the API in containers: http://{HOST}:{port}")
    try:
        return subprocess.run(command, env=child_environment(**ACCOUNT), cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
