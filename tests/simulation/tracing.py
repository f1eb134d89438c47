"""A readable trace of one story: each step with its actor, its port call, its fault, what was written and debited."""

from collections.abc import Sequence
from typing import TextIO

from pinbill.domain.journal import Entry
from pinbill.domain.subscription import Subscription
from tests.simulation.player import MakeWorld, make_world
from tests.simulation.provider import Debit
from tests.simulation.scheduler import Actor
from tests.simulation.settling import settle
from tests.simulation.stage import Stage
from tests.simulation.story import Act, Story
from tests.simulation.violation import Violation
from tests.simulation.world import World

LOOKS = ("read ", "time left?", "send ", "book ", "save ")


class Trace:
    """Writes to `out` what it is told: by the scheduler every step, by the judge every write and debit."""

    def __init__(self, world: World, out: TextIO) -> None:
        self._world = world
        self._out = out
        self._brief = False
        world.scheduler.watcher = self
        world.judge.listener = self

    def act(self, act: Act) -> None:
        self._line(f"\n{self._world.clock.true:%Y-%m-%d %H:%M:%S}  {act}")

    def settling(self) -> None:
        """From here on only steps that are more than looking."""
        self._line("\nsettling: faults are over, everybody does what is still to be done")
        self._brief = True

    def step(self, at: int, actor: Actor, what: str) -> None:
        if self._brief and what.startswith(LOOKS):
            return
        self._line(f"  {at:>3}  {actor.number} {actor.name:<22} {what}")

    def deviates(self, at: int, actor: Actor, kind: str) -> None:
        self._line(f"  {at:>3}  {actor.number} {actor.name:<22} *** {kind}")

    def noted(self, actor: Actor, text: str) -> None:
        self._line(f"       {actor.number} {actor.name:<22} ({text})")

    def wrote(self, after: Subscription, entries: Sequence[Entry]) -> None:
        attempt = after.open_attempt
        is_open = f"open {attempt.id} {attempt.state}" if attempt else "nothing open"
        timers = " ".join(f"{timer}={at:%m-%dT%H:%M}" for timer, at in sorted(after.timers.items()))
        told = "".join(f" +{entry.kind}" for entry in entries)
        state = (
            f"{after.id} v{after.version} {after.state} next={after.next_period} {is_open} {after.activity} [{timers}]"
        )
        self._line(f"{self._moment():>30} wrote {state}{told}")

    def debited(self, debit: Debit) -> None:
        self._line(f"{self._moment():>30} DEBIT {debit.reference} {debit.amount}")

    def _moment(self) -> str:
        return f"{self._world.clock.true:%m-%d %H:%M:%S}"

    def ledger(self) -> None:
        debits = [f"{d.at:%Y-%m-%d %H:%M} {d.reference} {d.amount}" for d in self._world.provider.ledger]
        self._line("\nprovider's ledger: " + ("; ".join(debits) or "nothing"))

    def _line(self, text: str) -> None:
        self._out.write(text + "\n")


def replay(story: Story, out: TextIO, make: MakeWorld = make_world) -> Violation | None:
    """Play a story and write its trace; returns the violation that it ends in."""
    world = make(story)
    stage = Stage(world)
    trace = Trace(world, out)
    out.write(f"{story}\n")
    found: Violation | None = None
    try:
        for act in story.acts:
            trace.act(act)
            stage.play(act)
        trace.settling()
        cycles = settle(stage)
    except Violation as violation:
        found = violation
        out.write(f"\nVIOLATION {violation}\n")
        if violation.__cause__ is not None:
            out.write(f"  caused by {violation.__cause__!r}\n")
    else:
        out.write(f"\nno violation; {cycles} billing cycles\n")
    trace.ledger()
    return found
