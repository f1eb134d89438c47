"""`make drill`: kill, lose and double whatever can be, over the deployed stack; then compare both ledgers."""

from __future__ import annotations

import argparse
import random
import sys
import time
from functools import partial
from pathlib import Path

from local.drill.arena import Arena, arena
from local.drill.attended import attended
from local.drill.campaign import Campaign
from local.drill.evidence import gather
from local.drill.lost import LostAnswers, report
from local.drill.verdict import conclude, judge_end, ledgers, tell
from local.progress import say


def main(arguments: list[str]) -> int:
    given = _parsed(arguments)
    return attended("drill", given.minutes, partial(_drill, given))


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.drill", description=__doc__)
    parser.add_argument("--renewals", type=int, default=2000, help="how many at least (2000)")
    parser.add_argument("--lost", type=float, metavar="PERCENT", help="lose so many answers and do nothing else")
    parser.add_argument("--seed", type=int, default=1, help="of every choice that the drill makes (1)")
    parser.add_argument("--minutes", type=int, default=45, help="give up after so many (45)")
    return parser.parse_args(arguments)


def _drill(given: argparse.Namespace, home: Path) -> bool:
    started = time.monotonic()
    rng = random.Random(given.seed)
    say(f"drill of {given.renewals} renewals, seed {given.seed}")
    with arena(home, given.seed) as ground:
        if given.lost is not None:
            return _lost_answers(ground, LostAnswers(ground, rng, given.renewals, given.lost / 100))
        campaign = Campaign(ground, rng, given.renewals)
        accounts = campaign.run()
        return conclude(ground, campaign.log, accounts, time.monotonic() - started)


def _lost_answers(ground: Arena, lost: LostAnswers) -> bool:
    accounts = lost.run()
    evidence = gather(ground.office, lost.members)
    for line in (*report(accounts, lost.lost), *ledgers(accounts, evidence)):
        say(line)
    return tell(judge_end(ground, accounts, evidence, ()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
