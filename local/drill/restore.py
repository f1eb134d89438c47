"""`make drill-restore`: the table is lost, and made again of a backup, redo lines and the providers' reports."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from local.drill.accounts import Account
from local.drill.arena import PARAMETERS, arena
from local.drill.attended import attended
from local.drill.audit import Finding
from local.drill.evidence import gather
from local.drill.restore_story import Loss
from local.drill.verdict import judge_end, ledgers, tell
from local.progress import say
from pinbill.errors import SubscriptionNotFound

CATALOG = Path(__file__).with_name("restore.json")  # no day is halted: what goes wrong here, the drill has done
STEPS = ("redo", "reconcile")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.drill.restore", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--subscriptions", type=int, default=16, help="made before the backup; four more come after it (16)"
    )
    parser.add_argument("--skip", choices=STEPS, default="", help="leave this step out, and see what it would cost")
    parser.add_argument("--minutes", type=int, default=30, help="give up after so many (30)")
    given = parser.parse_args(arguments)
    carried_out = partial(drill, seed=given.seed, subscriptions=given.subscriptions, skip=given.skip)
    return attended("restore", given.minutes, carried_out)


def drill(home: Path, seed: int, subscriptions: int, skip: str) -> bool:
    """Carry it out; True when all was as it must be."""
    began = time.monotonic()
    with arena(home, seed, PARAMETERS, CATALOG) as ground:
        loss = Loss(ground, random.Random(seed), home, subscriptions, skip)
        say("subscribe; a week passes, and is billed")
        loss.live()
        say("the table is backed up")
        loss.back_up()
        say("two weeks more: bills, lost answers, killed workers, cancels, charges, new subscriptions")
        loss.live_on()
        say("the table is lost")
        loss.lose()
        say(f"  and the lines of {loss.streams_lost} workers; {loss.killed} were killed before they had written theirs")
        loss.repair()
        say("two weeks more")
        try:
            loss.go_on()
        except SubscriptionNotFound:
            return tell([Finding("-", "a subscription is lost")])
        return conclude(loss, time.monotonic() - began)


def conclude(loss: Loss, seconds: float) -> bool:
    accounts = loss.accounts()
    findings = judge(loss, accounts)
    for line in ledgers(accounts, gather(loss.arena.office, loss.members)):
        say(line)
    say(f"{len(accounts)} subscriptions, {len(loss.cancelled)} cancelled after the backup; {seconds / 60:.1f} minutes")
    return tell(findings)


def judge(loss: Loss, accounts: Sequence[Account]) -> list[Finding]:
    """By the providers' own ledgers. Entries without money may be missing where the command has said so."""
    evidence = gather(loss.arena.office, loss.members)
    found = judge_end(loss.arena, accounts, evidence, loss.cancelled)
    named = loss.gaps
    return [each for each in found if not (each.what.startswith("journal has") and each.subscription in named)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
