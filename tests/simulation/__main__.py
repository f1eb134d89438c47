"""`make simulate`: search exhaustively and at random, or replay one story."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.simulation.campaign import KEPT, Campaign
from tests.simulation.parts import Part, exhaustive_parts, random_parts
from tests.simulation.story import STORES, Story
from tests.simulation.tally import Tally
from tests.simulation.tracing import replay

CI_CYCLES = 1_000_000
DYNAMODB_SHARE = 40  # the shipped store takes several times as long
MOST_FOUND = 3


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--cycles", type=int, default=CI_CYCLES, help="billing cycles of random stories; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--depth", type=int, default=2, choices=(0, 1, 2), help="deviations of the exhaustive search")
    parser.add_argument("--no-exhaustive", action="store_true", help="random stories only")
    parser.add_argument("--store", choices=STORES, help="this store only; by default both, the shipped one for less")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, help="stop each search after so long")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    parser.add_argument("--json", action="store_true", help="one machine-readable line; nothing is resumed or kept")
    parser.add_argument("--replay", metavar="STORY", help="play one story and print its trace")
    return parser.parse_args(arguments)


def searches(chosen: argparse.Namespace) -> dict[str, list[Part]]:
    """The parts of every search, by the name that it is reported under."""
    found: dict[str, list[Part]] = {}
    for store in (chosen.store,) if chosen.store else STORES:
        second = chosen.store is None and store != "memory"
        if not chosen.no_exhaustive:
            found[f"exhaustive, {store}"] = list(
                exhaustive_parts(store, min(chosen.depth, 1) if second else chosen.depth)
            )
        cycles = chosen.cycles // DYNAMODB_SHARE if second else chosen.cycles
        found[f"random, {store}"] = list(random_parts(cycles, chosen.seed, store))
    return {name: parts for name, parts in found.items() if parts}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 without a violation, 1 with one, 2 when a kind of deviation was never injected."""
    chosen = options(arguments)
    if chosen.replay:
        return 1 if replay(Story.parse(chosen.replay), sys.stdout) else 0
    total, campaigns = _run(chosen, (lambda text: None) if chosen.json else say)
    if chosen.json:
        say(json.dumps(_summary(campaigns, total)))
        return 1 if total.found else 0
    _report(total)
    if total.found:
        return 1
    complete = all(campaign.complete for campaign in campaigns)
    if complete:
        for campaign in campaigns:
            if campaign.state:
                campaign.state.unlink(missing_ok=True)
    missing = total.never_injected if complete and not chosen.no_exhaustive else []
    if missing:
        say(f"never injected: {', '.join(missing)}")
    return 2 if missing else 0


def _run(chosen: argparse.Namespace, tell: Callable[[str], None]) -> tuple[Tally, list[Campaign]]:
    total, campaigns = Tally(), []
    for name, parts in searches(chosen).items():
        tell(f"{name}:")
        most_found = 1 if chosen.first else MOST_FOUND
        campaign = Campaign(parts, chosen.processes, most_found, chosen.seconds, _state(chosen, name), tell)
        total.add(campaign.run())
        campaigns.append(campaign)
        tell(f"{campaign.progress()}, {campaign.wall:,.0f} s, {campaign.total.cpu:,.0f} s of CPU")
        if len(total.found) >= most_found:
            break
    return total, campaigns


def _state(chosen: argparse.Namespace, name: str) -> Path | None:
    return None if chosen.json else KEPT / f"simulation-{name.replace(', ', '-')}.json"


def _summary(campaigns: Sequence[Campaign], total: Tally) -> dict[str, object]:
    return {
        "violations": [
            {"invariant": f.invariant, "detail": f.detail, "story": f.shrunk, "replay": f.command} for f in total.found
        ],
        "schedules": total.schedules,
        "stories": total.stories,
        "cycles": total.cycles,
        "seconds": round(sum(campaign.wall for campaign in campaigns), 2),
    }


def _report(total: Tally) -> None:
    for found in total.found:
        say(f"\nVIOLATION {found.invariant}: {found.detail}\n  {found.command}\n  found in: {found.story}")
    say(f"\ndeviations injected:\n{total.table()}")
    say(
        f"\n{total.schedules:,} schedules enumerated, {total.stories:,} random stories, "
        f"{total.cycles:,} billing cycles, {len(total.found)} violations; {total.cpu:,.0f} s of CPU"
    )


if __name__ == "__main__":
    sys.exit(main())
