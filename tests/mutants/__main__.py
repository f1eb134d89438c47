"""`make mutants`: the simulation must find every mutant, and nothing in the code as it is."""

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant, load
from tests.mutants.report import line, table
from tests.mutants.trial import Verdict, hunt, trace
from tests.simulation.player import play
from tests.simulation.story import STORES, Story

AT_ONCE = 2
SECONDS = 240.0  # of the processor, for one mutant; far more than the whole search takes
FAR_TOO_LONG = 1800.0  # of the code as it is, whose search has no reason to stop earlier

type Hunt = Callable[[Mutant | None, str, float], Verdict]
type Say = Callable[[str], None]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Trials:
    """All trials of one run, two at a time."""

    mutants: Sequence[Mutant]
    hunt: Hunt = hunt
    say: Say = say
    seconds: float = SECONDS

    def as_it_is(self) -> bool:
        """Whether the code as it is passes the whole search on every store that a mutant is searched on."""
        stores = [store for store in STORES if any(mutant.store == store for mutant in self.mutants)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            trials = {pool.submit(self.hunt, None, store, FAR_TOO_LONG): store for store in stores}
            for trial in as_completed(trials):
                verdict = trial.result()
                self.say(line(f"(as it is, {trials[trial]})", verdict))
        return all(trial.result().clean for trial in trials)

    def kill(self) -> dict[Mutant, Verdict]:
        """Hunt every mutant, and say each verdict when it is known."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            trials: dict[Future[Verdict], Mutant] = {
                pool.submit(self.hunt, mutant, mutant.store, self.seconds): mutant for mutant in self.mutants
            }
            for trial in as_completed(trials):
                mutant, verdict = trials[trial], trial.result()
                self.say(line(mutant.name, verdict))
                if verdict.killed:
                    self.say(f"    make mutants MUTANT={mutant.name} REPLAY='{verdict.story}'")
        return {mutant: trial.result() for trial, mutant in trials.items()}

    def unjust(self, verdicts: dict[Mutant, Verdict]) -> list[Mutant]:
        """Mutants that were killed by a story which the code as it is does not pass either."""
        return [mutant for mutant, verdict in verdicts.items() if verdict.killed and _fails_as_it_is(verdict.story)]


def _fails_as_it_is(story: str) -> bool:
    return play(Story.parse(story)).violation is not None


def run(trials: Trials, write: Path | None = None) -> int:
    """Exit status 0 when all are killed, 1 when one survives, 2 when the code as it is does not pass."""
    if not trials.as_it_is():
        trials.say("The code as it is violates something, or could not be searched: no kill would prove anything.")
        return 2
    verdicts = trials.kill()
    unjust = trials.unjust(verdicts)
    for mutant in unjust:
        trials.say(f"{mutant.name}: the code as it is violates the same story")
    killed = [mutant for mutant, verdict in verdicts.items() if verdict.killed and mutant not in unjust]
    for mutant in verdicts:
        if mutant not in killed and mutant not in unjust:
            trials.say(f"SURVIVES {mutant.name}: {mutant.sin}")
    if write:
        write.write_text(table(verdicts))
    trials.say(f"{len(killed)} of {len(verdicts)} killed")
    return 0 if len(killed) == len(verdicts) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MUTANT", help="these only; all, if none")
    parser.add_argument("--replay", metavar="STORY", help="play one story of one mutant and print its trace")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table in Markdown, too")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the processor; then a mutant is given up")
    chosen = parser.parse_args(arguments)
    patches = load()
    mutants = [patches.named(name) for name in chosen.names] or patches.mutants
    if chosen.replay:
        return trace(mutants[0], chosen.replay)
    return run(Trials(mutants, seconds=chosen.seconds), chosen.table)


if __name__ == "__main__":
    sys.exit(main())
