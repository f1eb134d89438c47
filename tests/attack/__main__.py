"""`python -m tests.attack`: guessers, pumpers and honest crowds against the shipped use cases, and what comes of it."""

import argparse
import sys
import time

from tests.attack.report import FULL, SMALL, sections


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="as in make test")
    given = parser.parse_args()
    begun, missed = time.monotonic(), 0
    for section in sections(SMALL if given.small else FULL, given.seed):
        for line in section.text():
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        missed += sum(line.met is False for line in section.lines)
    sys.stdout.write(f"seed {given.seed}, {time.monotonic() - begun:.0f} s; goals missed: {missed}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
