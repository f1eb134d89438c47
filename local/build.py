"""`make build`: build the bundle that is deployed, for `arm64` or `x86_64`."""

from __future__ import annotations

import argparse
import sys

from local.progress import say
from local.world import WorldError
from local.world.bundle import ARCHITECTURES, build
from local.world.environment import ROOT


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.build", description=__doc__)
    parser.add_argument("architecture", choices=ARCHITECTURES)
    architecture = parser.parse_args(arguments).architecture
    try:
        say(str(build(architecture).relative_to(ROOT)))
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
