"""Random stories: months of a few subscriptions' lives, on mixed plans, with faults here and there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from pinbill.domain.catalog import ActivityOrder, CatchUp, RailName
from pinbill.domain.periods import Recurrence, Unit
from tests.simulation.faults import Fault
from tests.simulation.story import START, Act, Configuration, Deviation, Operation, Story

DAILY = Recurrence(Unit.DAY, 1)
RECURRENCES = (
    Recurrence(Unit.MONTH, 1),
    Recurrence(Unit.MONTH, 1),
    Recurrence(Unit.MONTH, 1),
    Recurrence(Unit.MONTH, 3),
    Recurrence(Unit.WEEK, 1),
    Recurrence(Unit.WEEK, 2),
    DAILY,
    Recurrence(Unit.DAY, 30),
)
# Summer time by an hour and by half of one, in both halves of the year; none at all; a day that was left out in 2011.
ZONES = (
    "",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
)
HOURS = (0, 1, 2, 10, 14, 23)
PERIODS = (6, 24)
FAULTY = 0.12  # of the acts
FARTHEST_STEP = 24
MOST_USERS = 3

# What else happens between two renewals, and how often.
BETWEEN = (
    ("charge", 10),
    ("callbacks", 30),
    ("again", 12),
    ("deliver", 6),
    ("sweep", 8),
    ("decide", 10),
    ("wake", 3),
    ("subscribe", 12),
    ("cancel", 1),
    ("cancel:end", 1),
    ("stop", 1),
    ("revoke", 1),
    ("halt", 2),
    ("halt:plan", 1),
    ("pause", 2),
    ("pause:+10d", 1),
    ("pause:+40d", 1),
    ("resume", 1),
    ("outage:30d", 1),
    ("outage:95d", 1),
    ("+2m", 3),
    ("+1h", 6),
    ("+6m", 4),
)
TOGETHER = (
    "run",
    "wake",
    "charge",
    "cancel",
    "callbacks",
    "sweep",
    "stop",
    "again",
    "cancel:end",
    "decide",
    "halt",
    "go_on",
    "pause",
    "resume",
)
ENDS = ("cancel", "stop", "revoke", "subscribe")  # or has ended, unnoticed: whoever it was, subscribes again
FOUND = ("+46m", "sweep", "+46m", "sweep", "+11m", "sweep")
ENDED_BY = {"halt": "go_on", "pause": "resume"}
MEANWHILE = ("due", "+11m", "+46m", "+1d", "+10d", "+40d")
JUMPS = ("+6m", "-6m", "+1h", "-1h", "+40s")
KINDS = tuple(str(fault) for fault in Fault)
KEYED, LATE_COPY, MOST_LATE = 0.2, 0.15, 6
WITH_KEY = ("subscribe", "resend", "confirm", "cancel", "pause", "resume")
MONEY = tuple(
    str(fault)
    for fault in (
        Fault.LOST_DEBITED,
        Fault.LOST_UNDEBITED,
        Fault.LATE_DEBIT,
        Fault.HANG,
        Fault.SOFT,
        Fault.LIMIT,
        Fault.TECHNICAL,
        Fault.NOT_SENT,
        Fault.FAILS_LATER,
        Fault.CALLBACK_LOST,
        Fault.CALLBACK_EARLY,
        Fault.CALLBACK_LIES,
        Fault.CALLBACK_LATE,
    )
)


def stories(seed: int) -> Iterator[Story]:
    """Without end; the same seed gives the same stories."""
    random, keys = Random(seed), Random(f"keys {seed}")
    while True:
        yield with_keys(_Teller(random).story(), keys)


def with_keys(story: Story, random: Random) -> Story:
    """Some stories are told with Idempotency-Keys, and with late copies of what was sent before."""
    if random.random() > KEYED:
        return story
    sent: list[Operation] = []
    acts: list[Act] = []
    for act in story.acts:
        acts.append(Act(tuple(_with_key(operation, sent) for operation in act.operations), act.deviations))
        if sent and random.random() < LATE_COPY:
            acts.append(Act((random.choice(sent[-MOST_LATE:]),)))
    return Story(story.configuration, tuple(acts))


def _with_key(operation: Operation, sent: list[Operation]) -> Operation:
    if operation.name not in WITH_KEY:
        return operation
    rest = f"={operation.argument}" if operation.argument else ""
    keyed = Operation(operation.name, f"k{len(sent) + 1}{rest}", operation.user)
    sent.append(keyed)
    return keyed


class _Teller:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._users = random.choices((1, 2, 3), (8, 1, 1))[0]
        self._keys = 0
        self._acts: list[Act] = []
        self._bank = random.random() < 0.4
        self._is_noticed = False

    def story(self) -> Story:
        random = self._random
        configuration = self._configuration()
        for user in range(1, self._users + 1):
            self._begin(user)
        names, weights = zip(*BETWEEN, strict=True)
        for _ in range(random.randint(*PERIODS)):
            self._renew()
            for _ in range(random.choices((0, 1, 2), (6, 2, 1))[0]):
                self._between(random.choices(names, weights)[0])
        return Story(configuration, tuple(self._acts))

    def _configuration(self) -> Configuration:
        random = self._random
        start, recurrence = START, random.choice(RECURRENCES)
        # Before a period of a day there is no time for a notice.
        self._is_noticed = self._bank and random.random() < 0.3 and recurrence != DAILY
        if random.random() < 0.7:
            start = datetime(random.randint(2023, 2028), random.randint(1, 12), 1, tzinfo=UTC)
            # Ends of months, and the hours in which clocks are changed.
            days = random.choice((random.randint(0, 27), 27, 28, 29, 30))
            start += timedelta(
                days=days, hours=random.choice((0, 1, 2, 10, 14, 23)), minutes=random.choice((0, 15, 30))
            )
        return Configuration(
            RailName.SIGNZY if self._bank else RailName.INFOMEDIA,
            recurrence,
            random.choice(ZONES),
            start,
            random.choice((0, 0, 0, 1, 7, 31)),
            random.choice(list(CatchUp)),
            random.choice(list(ActivityOrder)) if not self._bank else ActivityOrder.BEFORE_BILL,
            is_slow=self._users > 1 and random.random() < 0.3,
            is_limited=self._users > 1 and random.random() < 0.2,
            is_noticed=self._is_noticed,
            is_capped=random.random() < 0.1,
        )

    def _begin(self, user: int) -> None:
        self._add(Operation("subscribe", user=user))
        self._add(Operation("confirm", user=user))
        if self._bank:
            self._clear()

    def _renew(self) -> None:
        if self._is_noticed:
            self._announce()
        self._acts.append(Act((Operation("due"),)))
        drawn = self._random.random()
        if drawn < 0.03:
            return  # the schedule's event is lost
        if drawn < 0.13:
            beside = self._operation(self._random.choice(TOGETHER))
            self._add(Operation("run"), beside)
            if beside.name in ENDED_BY:
                self._for_a_while(beside)
            elif beside.name in ENDS:
                self._begin(beside.user)
        else:
            self._add(Operation("run"))
        if self._acts[-1].deviations and self._random.random() < 0.15:
            self._find()
        if self._bank:
            self._clear()

    def _announce(self) -> None:
        """The next debit is announced; most users are told in time, some late, and some do not want it."""
        drawn = self._random.random()
        self._acts.append(Act((Operation("due"),)))
        self._add(Operation("run"))
        if drawn > 0.9:  # told when it is due, or not at all
            self._acts.append(Act((Operation("due"),)))
            self._add(Operation("run"))
        if drawn < 0.96:
            self._add(*(Operation("notice", user=user) for user in range(1, self._users + 1)))
        if drawn < 0.06:
            self._add(Operation("opt_out"))

    def _find(self) -> None:
        """Sweeps and audits find what has gone wrong: until then a bill is overdue, and runs find nothing to do."""
        for act in FOUND:
            self._acts.append(Act((Operation(act),)))

    def _clear(self) -> None:
        """The bank makes up its mind."""
        if self._random.random() < 0.9:
            self._acts.append(Act((Operation("+21h"),)))
            self._add(Operation("callbacks"))

    def _between(self, name: str) -> None:
        operation = self._operation(name)
        if name in ENDS:
            if name != "subscribe":
                self._add(operation)
            self._begin(operation.user)
        elif operation.name in ENDED_BY:
            self._add(operation)
            self._for_a_while(operation)
        else:
            self._add(operation)

    def _for_a_while(self, begun: Operation) -> None:
        """What was stopped or paused goes on after a while; now and then not in this story."""
        for _ in range(self._random.choices((0, 1, 2), (1, 4, 2))[0]):
            self._acts.append(Act((Operation(self._random.choice(MEANWHILE)),)))
            self._add(Operation(self._random.choice(("run", "sweep", "wake", "callbacks"))))
        if self._random.random() < 0.95:
            ends = ENDED_BY[begun.name]
            self._add(Operation(ends, begun.argument if ends == "go_on" else "", begun.user))

    def _operation(self, name: str) -> Operation:
        user = self._random.randint(1, self._users)
        if name == "charge":
            if not self._keys or self._random.random() < 0.7:
                self._keys += 1
            minor = "=450" if self._keys % 3 == 0 else ""  # the plan's own price, at one provider
            return Operation("charge", f"k{self._keys}{minor}", user)
        read = Operation.parse(name)
        return Operation(read.name, read.argument, user if read.name in PERSONAL else 1)

    def _add(self, *operations: Operation) -> None:
        deviations: tuple[Deviation, ...] = ()
        if self._random.random() < (0.7 if len(operations) > 1 else FAULTY):
            deviations = self._deviations(len(operations) > 1)
        self._acts.append(Act(operations, deviations))

    def _deviations(self, several: bool) -> tuple[Deviation, ...]:
        random = self._random
        found = set()
        for _ in range(random.choices((1, 2, 3), (6, 3, 1))[0]):
            found.add(Deviation(random.randint(1, FARTHEST_STEP), self._kind(several)))
        return tuple(sorted(found, key=lambda deviation: (deviation.at, deviation.kind)))

    def _kind(self, several: bool) -> str:
        random = self._random
        drawn = random.random()
        if several and drawn < 0.5:
            return f"to{random.randint(0, 3)}"
        if drawn < 0.1:
            return random.choice(JUMPS)
        return random.choice(MONEY) if drawn < 0.6 else random.choice(KINDS)


PERSONAL = frozenset(
    {"subscribe", "confirm", "resend", "charge", "cancel", "wake", "stop", "revoke", "pause", "resume"}
)
