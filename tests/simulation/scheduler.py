"""Who goes on: each actor of an act is a greenlet, and at every port call a deviation may let another one go first.

By default an actor runs to its end before the next begins, so that a step without a deviation costs one comparison.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from greenlet import greenlet

from tests.simulation.faults import CALLBACK_FAULTS, JUMP, POSSIBLE, SWITCH, Fault, Port
from tests.simulation.keyed import Sent
from tests.simulation.steps import Look, Seen
from tests.simulation.story import Deviation, moved

NEVER = 1 << 60
ANYWHERE = frozenset(Port)


class Crash(BaseException):
    """The actor's process dies here; nothing of the shipped code may notice."""


@dataclass(slots=True, eq=False)
class Actor:
    """One process or request. `asked` are the references of the bills that it has asked for; of what it has read,
    `knows_cancelled` are the subscriptions that are cancelled, `knows_covered` the attempts that are paid by another.
    `out_of_time` says that it was told to call nobody any more; its looks are at what operators have stopped. `sent` is
    the request with an Idempotency-Key that it makes.
    """

    number: int
    name: str
    run: greenlet
    then: "Actor | None" = None  # goes on when this one has ended
    waits_for: "Actor | None" = None
    last: bool = False  # waits for all others
    asked: list[str] = field(default_factory=list)
    knows_cancelled: set[str] = field(default_factory=set)
    knows_covered: set[str] = field(default_factory=set)
    out_of_time: bool = False
    look: Look | None = None
    first_look: Look | None = None
    sent: Sent | None = None


class Watcher(Protocol):
    """Who is told of every step, for a readable trace."""

    def step(self, at: int, actor: Actor, what: str) -> None: ...

    def deviates(self, at: int, actor: Actor, kind: str) -> None: ...

    def noted(self, actor: Actor, text: str) -> None: ...


class Scheduler:
    """Runs one act after the other. `ticks` grows with every step of all acts and orders what happened."""

    def __init__(self, jump: Callable[[timedelta], None], asked: Callable[[], int] = lambda: 0) -> None:
        self._jump = jump
        self._asked = asked
        self.injected: Counter[str] = Counter()
        self.seen: list[Seen] | None = None  # filled with every step when it is a list
        self.watcher: Watcher | None = None
        self.ticks = 0
        self.callback_fault: Fault | None = None  # of the bill whose step was just taken
        self._last: tuple[Port, Actor | None] | None = None
        self._reset(())

    def _reset(self, deviations: Iterable[Deviation]) -> None:
        self.count = 0
        self._actors: list[Actor] = []
        self._pending = sorted(deviations, key=lambda deviation: deviation.at) if deviations else []
        self._next = self._pending[0].at if self._pending else NEVER
        self._wanted: Actor | None = None
        self._stops_before = ANYWHERE
        self._soon: list[tuple[int, Callable[[], None]]] = []  # what happens before a later step
        self.current: Actor | None = None
        self.is_late = False
        self._late_by: Actor | None = None

    def play(
        self,
        bodies: Iterable[tuple[str, Callable[[], None]]],
        deviations: Iterable[Deviation] = (),
        stops_before: frozenset[Port] = ANYWHERE,
    ) -> None:
        """Run the bodies, and the actors that they spawn, to their ends. Others go first only at `stops_before`."""
        self._reset(deviations)
        self._stops_before = stops_before
        self._hub = greenlet.getcurrent()
        for name, body in bodies:
            self.spawn(name, body)
        while (actor := self._choose()) is not None:
            self.current = actor
            actor.run.switch()
            if actor.run.dead and actor.then is not None:
                self._wanted = actor.then
        self.current = None
        self._do(self._soon)

    def spawn(self, name: str, body: Callable[[], None]) -> Actor:
        """A further actor of this act; it begins when its turn comes."""
        actor = Actor(len(self._actors), name, greenlet(body, self._hub))
        self._actors.append(actor)
        return actor

    def run_now(self, name: str, body: Callable[[], None]) -> None:
        """Let a new actor run before the current one goes on."""
        caller = self.running()
        actor = self.spawn(name, body)
        actor.then, caller.waits_for, self._wanted = caller, actor, actor
        self._hub.switch()

    def let_others_go_on(self) -> None:
        """The current actor goes on when all others have ended."""
        self.running().last = True
        self._hub.switch()

    def later(self, happens: Callable[[], None], steps: int | None) -> None:
        """Let something happen so many steps later, or at the end of the act."""
        by = self.running()

        def happens_by() -> None:
            self._late_by = by
            happens()

        self._soon.append((NEVER if steps is None else self.count + steps, happens_by))
        self._next = min(self._next, self._soon[-1][0])

    def step(self, port: Port, what: str, *of: object) -> Fault | None:
        """Before every port call: who goes on, and which fault happens to the call. `what` and `of` say what it is:
        put together for a trace only, which takes as long as the step itself."""
        self.ticks += 1
        self.count += 1
        self._last = port, self.current
        if self.seen is not None:
            self._see(port)
        if self.watcher is not None:
            self.watcher.step(self.count, self.running(), " ".join(map(str, (what, *of))))
        if self.count < self._next:
            return None
        return self._deviate(port, what, *of)

    def goes_on(self, port: Port) -> bool:
        """Whether the last step of all was taken by the current actor at this port."""
        return self._last == (port, self.current)

    def take_callback_fault(self) -> Fault | None:
        """What is to happen to the callback of the bill whose step was just taken."""
        taken, self.callback_fault = self.callback_fault, None
        return taken

    @property
    def sender(self) -> Sent | None:
        """The request with a key that what takes effect now is of, also if its caller was told that it failed."""
        by = self._late_by if self.is_late else self.current
        return by.sent if by is not None else None

    def note(self, text: str) -> None:
        """Something of the current actor that a reader of the trace wants to know."""
        if self.watcher is not None:
            self.watcher.noted(self.running(), text)

    def running(self) -> Actor:
        """The current actor."""
        assert self.current is not None  # steps are taken by actors only
        return self.current

    def _see(self, port: Port) -> None:
        assert self.seen is not None  # asked for by step
        others: tuple[int, ...] = ()
        if port in self._stops_before:
            others = tuple(a.number for a in self._actors if a is not self.current and self._ready(a))
        self.seen.append(Seen(self.count, port, self.running().number, self._asked(), others))

    def _ready(self, actor: Actor) -> bool:
        return not actor.run.dead and not actor.last and (actor.waits_for is None or actor.waits_for.run.dead)

    def _choose(self) -> Actor | None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self._ready(wanted):
            return wanted
        for actor in self._actors:
            if self._ready(actor):
                return actor
        for actor in self._actors:
            if actor.last and not actor.run.dead:
                actor.last = False
                return actor
        return None

    def _deviate(self, port: Port, what: str, *of: object) -> Fault | None:
        self._happen()
        possible = POSSIBLE[port]
        taken: Fault | None = None
        self.callback_fault = None
        for deviation in list(self._pending):
            if deviation.at > self.count:
                break
            kind = deviation.kind
            if kind.startswith("to"):
                target = self._target(kind) if port in self._stops_before else None
                if target is not None:
                    self._take(deviation, SWITCH)
                    self._wanted = target
                    self._hub.switch()
                    return self.step(port, what, *of)  # its turn again, under a number of its own
            elif (by := moved(kind)) is not None:
                self._take(deviation, f"{JUMP} {'forward' if by > timedelta() else 'back'}")
                self._jump(by)
            elif kind in possible:
                fault = Fault(kind)
                if fault in CALLBACK_FAULTS:
                    if self.callback_fault is None:
                        self.callback_fault = fault
                        self._take(deviation, fault)
                elif taken is None:
                    taken = fault
                    self._take(deviation, fault)
        self._plan()
        return taken

    def _target(self, kind: str) -> Actor | None:
        number = int(kind[2:])
        actor = self._actors[number] if number < len(self._actors) else None
        return actor if actor is not None and actor is not self.current and self._ready(actor) else None

    def _take(self, deviation: Deviation, counted: str) -> None:
        self._pending.remove(deviation)
        self.injected[counted] += 1
        if self.watcher is not None:
            self.watcher.deviates(self.count, self.running(), deviation.kind)
        self._plan()

    def _happen(self) -> None:
        due = [entry for entry in self._soon if entry[0] <= self.count]
        self._soon = [entry for entry in self._soon if entry[0] > self.count]
        self._do(due)

    def _do(self, late: Iterable[tuple[int, Callable[[], None]]]) -> None:
        """What takes effect late is nobody's any more: its caller was told long ago that it failed."""
        self.is_late = True
        for _, happens in late:
            happens()
        self.is_late = False

    def _plan(self) -> None:
        moments = [self._pending[0].at] if self._pending else []
        moments += [at for at, _ in self._soon]
        self._next = min(moments, default=NEVER)
