"""What the attacks come to, as tables with each goal beside its figure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pinbill.domain.pin_guards import Guards
from tests.attack.crowds import EVEN, LAUNCH, USUAL, Crowd, Habits, day_of_users
from tests.attack.guessing import FOUR_DIGITS, SIX_DIGITS, STRICT, Guessed, crowd, lockout
from tests.attack.pumping import INCIDENTS, OWN_NUMBERS, Incident, pump
from tests.attack.stage import PARTNERS, UNGUARDED, Stage
from tests.attack.timing import oracles

CHANCE, STOPPED, HINDERED, PROBABILITY = 1e-5, 0.99, 0.001, 0.01
LAUNCHED = 50  # times the usual
AT_LAUNCH = {"spend_a_day": 10_000, "unconfirmed": 2_000}  # what an operator sets before it


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each is done."""

    guessers: int
    victims: int
    hours: int
    lockouts: int
    wanted: int
    users: int
    launch_users: int
    pairs: int


FULL = Size(1_000, 10, 50, 40, 100_000, 2_000, 50_000, 10_000)
SMALL = Size(60, 2, 26, 2, 1_500, 100, 1_200, 300)


@dataclass(frozen=True, slots=True)
class Line:
    """`met` is None where there is no goal, only a figure."""

    cells: Sequence[str]
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    head: Sequence[str]
    lines: Sequence[Line]

    def text(self) -> Iterator[str]:
        yield f"{self.title}\n"
        yield f"| {' | '.join(self.head)} |"
        yield f"|{' --- |' * len(self.head)}"
        for line in self.lines:
            verdict = {None: "", True: " (met)", False: " (MISSED)"}[line.met]
            yield f"| {' | '.join(line.cells)}{verdict} |"
        yield ""


def sections(size: Size, seed: int) -> Iterator[Section]:
    """Each as soon as it is known."""
    guards = Guards()
    yield guesses(guards, size, seed)
    yield lockouts(guards, size, seed)
    yield pumped(guards, size, seed)
    yield honest(guards, size, seed)
    yield timing(size, seed)


def guesses(guards: Guards, size: Size, seed: int) -> Section:
    def line(name: str, found: Guessed, pins: int, goal: float | None) -> Line:
        chance = found.chance(pins)
        cells = [
            name,
            str(found.checks),
            str(found.comparisons),
            str(found.sms),
            f"{chance:.1e}",
            _goal(goal, "{:.0e}"),
        ]
        return Line(cells, None if goal is None else chance <= goal)

    def by(figures: Guards, few: bool = False) -> Guessed:
        crowd_size = (min(24, size.guessers), 2, 24) if few else (size.guessers, size.victims, size.hours)
        guessers, victims, hours = crowd_size
        return crowd(figures, guessers=guessers, victims=victims, hours=hours, seed=seed)

    guarded = by(guards)
    lines = [
        line("six digits", guarded, SIX_DIGITS, CHANCE),
        line("four digits", guarded, FOUR_DIGITS, None),
        line(f"four digits, {_said(STRICT)}", by(guards.with_own(STRICT)), FOUR_DIGITS, None),
        line("six digits, without these guards, 24 guessers", by(UNGUARDED, few=True), SIX_DIGITS, None),
    ]
    head = [
        "PINs of",
        "checks a number and day",
        "comparisons with a PIN",
        "SMS to a number",
        "chance a number and day",
        "goal",
    ]
    return Section(f"Guessing: {size.guessers} guessers over 20 partners, {size.victims} numbers", head, lines)


def lockouts(guards: Guards, size: Size, seed: int) -> Section:
    lines = []
    for hostile in range(5):
        found = lockout(guards, hostile=hostile, users=size.lockouts, seed=seed)
        refused = f"{found.refused_first} of {found.users}"
        waits = sorted(found.hours)
        middle = f"{waits[len(waits) // 2]:.1f}" if waits else "-"
        lines.append(Line([str(hostile), refused, middle, f"{found.longest:.1f}"]))
    head = [
        "partners whose pages are used against the number",
        "users refused at first",
        "hours until through (median)",
        "longest",
    ]
    return Section("Locking out: the user types the right PIN at a partner whose page is not used", head, lines)


def pumped(guards: Guards, size: Size, seed: int) -> Section:
    def line(incident: Incident, goal: float | None) -> Line:
        found = pump(incident, guards, wanted=size.wanted, users_a_day=size.users, seed=seed)
        beside = f"{found.hindered / max(1, found.users):.2%}"
        cells = [incident.name, str(found.asked), str(found.sent), f"{found.loss(guards):.2f}", beside]
        cells += [f"{found.stopped:.2%}", _goal(goal, ">= {:.0%}")]
        return Line(cells, None if goal is None else found.stopped >= goal)

    lines = [*(line(incident, STOPPED) for incident in INCIDENTS), line(OWN_NUMBERS, None)]
    head = ["incident", "SMS wanted", "sent", "loss at 0.04", "users hindered meanwhile", "stopped", "goal"]
    return Section(f"Pumping, beside {size.users} honest users a day of the partner", head, lines)


def honest(guards: Guards, size: Size, seed: int) -> Section:
    lines = []
    for name, users, hours, habits, own, goal in (
        ("a usual day", size.users, EVEN, USUAL, {}, True),
        ("a small partner's day", size.users // 20, EVEN, USUAL, {}, True),
        (
            f"a launch, {LAUNCHED} times the usual: {_said(AT_LAUNCH)}",
            size.launch_users,
            LAUNCH,
            USUAL,
            AT_LAUNCH,
            True,
        ),
        ("a campaign, 45 % give up: credit=200", size.users, EVEN, Habits(give_up=0.45), {"credit": 200}, True),
        ("all behind 12 addresses", size.users, EVEN, Habits(behind_carrier=1.0), {}, True),
        ("twice the typos and repeats", size.users, EVEN, Habits(typo=0.16, impatient=0.16), {}, False),
        ("a campaign, 45 % give up", size.users, EVEN, Habits(give_up=0.45), {}, False),
    ):
        stage = Stage(seed, guards)
        stage.own[PARTNERS[0]] = own
        people = Crowd(stage, stage.random, habits)
        day_of_users(people, users, PARTNERS[0], 0, hours)
        people.act(48 * 3600)
        told = ", ".join(f"{code} {times}" for code, times in sorted(people.hindered.items())) or "-"
        share = people.share_hindered
        cells = [
            name,
            str(people.users),
            str(people.served),
            told,
            f"{share:.3%}",
            f"<= {HINDERED:.1%}" if goal else "",
        ]
        lines.append(Line(cells, share <= HINDERED if goal else None))
    return Section(
        "Honest users, without an attack",
        ["crowd", "users", "PINs confirmed", "told to wait", "hindered", "goal"],
        lines,
    )


def timing(size: Size, seed: int) -> Section:
    lines = []
    for found in oracles(pairs=size.pairs, seed=seed):
        cells = [found.name, str(found.pairs), "yes" if found.same_answers else "NO", f"{found.distance:.4f}"]
        cells += [f"{found.probability:.3f}", f"> {PROBABILITY}"]
        lines.append(Line(cells, found.probability > PROBABILITY and found.same_answers))
    head = ["what differs", "pairs", "answers alike", "KS distance", "p", "goal"]
    return Section("Timing", head, lines)


def _said(figures: Mapping[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in figures.items())


def _goal(goal: float | None, form: str) -> str:
    return "" if goal is None else form.format(goal)
