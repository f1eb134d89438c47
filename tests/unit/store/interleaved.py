"""Actors at one table whose requests take effect in every order, and what may befall each of them.

Every actor is a greenlet that stands still at each of its requests. Who goes on, and what becomes of its request, is a
row of choices; all rows are played one after the other, or some of them by chance. The shipped store runs unchanged.
"""

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from botocore.exceptions import ClientError
from greenlet import GreenletExit, greenlet

from tests.fakes.dynamodb import InMemoryDynamoDB
from tests.fakes.dynamodb_faults import LOSSES, REFUSALS, Answer, Request, lands

THROTTLED, TIMEOUT = REFUSALS["throttled"], LOSSES["read timeout"]


class Fate(StrEnum):
    """What becomes of a request. All but the first are faults, of which a play has a bound."""

    ANSWERED = "answered"
    SLOW = "slow"  # takes effect; others go on before its answer is heard
    TORN = "torn"  # of a query: the first row is read, others go on, the other rows are read
    REFUSED = "refused"  # no effect, and told so
    LOST = "lost"  # takes effect; no answer
    LATE = "late"  # no answer; takes effect at any later time, or never
    CRASH = "crash"  # no effect; the process dies
    CRASH_AFTER = "crash after"  # takes effect; the process dies


OF_A_WRITE = (Fate.ANSWERED, Fate.SLOW, Fate.REFUSED, Fate.LOST, Fate.LATE, Fate.CRASH, Fate.CRASH_AFTER)
OF_A_READ = (Fate.ANSWERED, Fate.SLOW, Fate.REFUSED)
OF_A_QUERY = (*OF_A_READ, Fate.TORN)


class Crash(BaseException):
    """The process of an actor dies; nothing of the shipped code may notice."""


class Choices:
    """One row of choices: a given beginning, and then always the first possibility, or one by chance."""

    def __init__(self, beginning: Sequence[int] = (), chance: random.Random | None = None) -> None:
        self._beginning = beginning
        self._chance = chance
        self.made: list[tuple[int, int]] = []  # what was chosen, of how many

    @property
    def is_by_chance(self) -> bool:
        return self._chance is not None

    @property
    def is_repeat(self) -> bool:
        """Whether all choices so far were made before, in an earlier row."""
        return len(self.made) < len(self._beginning)

    def choose(self, of: int) -> int:
        if self.is_repeat:
            chosen = self._beginning[len(self.made)]
        else:
            chosen = self._chance.randrange(of) if self._chance else 0
        self.made.append((chosen, of))
        return chosen

    def next_beginning(self) -> list[int] | None:
        """The beginning of the next row; None after the last one."""
        made = list(self.made)
        while made and made[-1][0] + 1 == made[-1][1]:
            made.pop()
        return [chosen for chosen, _ in made[:-1]] + [made[-1][0] + 1] if made else None


def every_row() -> Iterator[Choices]:
    """All rows of choices, for who plays each to its end before asking for the next."""
    beginning: list[int] | None = []
    while beginning is not None:
        choices = Choices(beginning)
        yield choices
        beginning = choices.next_beginning()


def some_rows(seed: int, number: int) -> Iterator[Choices]:
    chance = random.Random(seed)
    for _ in range(number):
        yield Choices((), chance)


@dataclass(slots=True, eq=False)
class _Actor:
    name: str
    run: greenlet
    request: Request | None = None  # at which it stands; None while only its answer is on the way
    met: list[str] = field(default_factory=list)  # fates of its requests, and answers


@dataclass(slots=True)
class Play:
    """One run of the actors.

    `after_each` looks at the world after every effect. `shared` is all by which actors act on each other, `told` what
    they have told of themselves: where a play comes to what was `seen` before, all that can follow is played anyway.
    """

    engine: InMemoryDynamoDB
    choices: Choices
    faults: int  # that may happen in this run
    after_each: Callable[[], None]
    shared: Callable[[], Hashable]
    told: Callable[[], Hashable]
    seen: set[Hashable]
    trace: list[str] = field(default_factory=list)
    _held: list[tuple[Request, str]] = field(default_factory=list)
    _current: _Actor | None = None

    def run(self, **bodies: Callable[[], None]) -> bool:
        """Whether it was played to its end."""
        hub = greenlet.getcurrent()
        actors = [_Actor(name, greenlet(_mortal(body), hub)) for name, body in bodies.items()]
        self.engine.around = self._around
        for actor in actors:
            self._go_on(actor, Fate.ANSWERED)  # to its first request
        while alive := [actor for actor in actors if not actor.run.dead]:
            if self._was_seen(actors):
                for actor in alive:
                    actor.run.throw(GreenletExit)
                return False
            options: list[Callable[[], None]] = [each for actor in alive for each in self._steps(actor)]
            options += [lambda at=at: self._land(at) for at in range(len(self._held))]  # type: ignore[misc]
            options[self.choices.choose(len(options))]()
            self.after_each()
        while self._held and not self._was_seen(actors) and self.choices.choose(2):
            self._land(0)
            self.after_each()
        self.engine.around = None
        return True

    def pause(self) -> None:
        """Called by an actor: others may go on here, although it makes no request."""
        self._stand(None)

    def outcome(self, of: Sequence[str]) -> str:
        """Called by an actor: what becomes of something that is no request; others may go on before it is known."""
        self._stand(None)
        chosen = of[self.choices.choose(len(of))]
        assert self._current is not None
        self._current.met.append(chosen)
        self.trace.append(f"{self._current.name}: {chosen}")
        return chosen

    def _was_seen(self, actors: Sequence[_Actor]) -> bool:
        if self.choices.is_repeat:
            return False
        # What an actor stands at tells what it took from what is shared.
        stands = tuple((tuple(actor.met), actor.request and str(actor.request.parameters)) for actor in actors)
        state = (self.shared(), self.told(), stands, tuple(name for _, name in self._held), self.faults)
        if state in self.seen:
            return True
        self.seen.add(state)
        return False

    def _steps(self, actor: _Actor) -> Iterator[Callable[[], None]]:
        request = actor.request
        if request is None or not self.faults:
            fates: tuple[Fate, ...] = (Fate.ANSWERED,)
        else:
            fates = OF_A_WRITE if request.writes else OF_A_QUERY if request.operation == "Query" else OF_A_READ
        for fate in fates:
            yield lambda fate=fate: self._step(actor, fate)  # type: ignore[misc]

    def _step(self, actor: _Actor, fate: Fate) -> None:
        self.faults -= fate is not Fate.ANSWERED
        self.trace.append(f"{actor.name}: {_name(actor.request)} {fate}")
        actor.met.append(fate)
        self._go_on(actor, fate)

    def _land(self, at: int) -> None:
        request, name = self._held.pop(at)
        landed = lands(request)
        self.trace.append(f"{name} {'lands' if landed else 'is refused, late'}")

    def _go_on(self, actor: _Actor, fate: Fate) -> None:
        self._current = actor
        actor.run.switch(fate)
        self._current = None

    def _stand(self, request: Request | None) -> Fate:
        """Let what becomes of the current actor's request be chosen."""
        actor = self._current
        assert actor is not None  # only actors make requests while a play runs
        actor.request = request
        assert actor.run.parent is not None
        fate = actor.run.parent.switch()
        assert isinstance(fate, Fate)
        return fate

    def _around(self, request: Request, /) -> Answer:
        match self._stand(request):
            case Fate.ANSWERED:
                return self._hear(request.apply)
            case Fate.SLOW:
                return self._slowly(request)
            case Fate.TORN:
                return self._in_two(request)
            case Fate.REFUSED:
                raise THROTTLED(request)
            case Fate.LOST:
                lands(request)
                raise TIMEOUT(request)
            case Fate.LATE:
                assert self._current is not None
                self._held.append((request, f"{self._current.name}: {_name(request)}, {len(self._current.met)}"))
                raise TIMEOUT(request)
            case Fate.CRASH:
                raise Crash
        lands(request)
        raise Crash

    def _hear(self, answer: Callable[[], Answer]) -> Answer:
        """The answer, or the exception that it is, as the current actor hears of it."""
        assert self._current is not None
        try:
            heard = answer()
        except ClientError as error:
            self._current.met.append(str(error.response))
            raise
        self._current.met.append(str(heard))
        return heard

    def _slowly(self, request: Request) -> Answer:
        try:
            return self._hear(request.apply)
        finally:
            self._stand(None)

    def _in_two(self, request: Request) -> Answer:
        """A query is not isolated from writes: its rows are read one after the other."""
        early = self._hear(request.apply)["Items"][:1]
        self._stand(None)
        late = self._hear(request.apply)
        if early:
            sort_key, forward = early[0]["sk"]["S"], request.parameters.get("ScanIndexForward", True)
            beyond = [item for item in late["Items"] if (item["sk"]["S"] > sort_key) is forward]
            late = {**late, "Items": [*early, *(item for item in beyond if item["sk"]["S"] != sort_key)]}
        return late


def _mortal(body: Callable[[], None]) -> Callable[[Fate], None]:
    def live(_: Fate) -> None:
        try:
            body()
        except Crash:
            return

    return live


def _name(request: Request | None) -> str:
    if request is None:
        return "goes on,"
    if request.operation == "PutItem":
        return f"put {request.parameters['Item']['sk']['S']}"
    if request.operation == "GetItem":
        return f"get {request.parameters['Key']['sk']['S']}"
    return request.operation
