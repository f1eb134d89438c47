"""How each handler starts from the built bundle, beside the floor of a function of its kind; and its warm requests.

Each start is a fresh interpreter with only the function's folder, the layer and the runtime's libraries on its path.
The floor is a process that makes boto3's DynamoDB client and imports pydantic, the logger of Powertools and requests.
All take turns, so that what else the machine does meets them all; ratios are medians of rounds. The interpreter's own
start is in neither.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.bundle import FLOOR, Bundle, Start, bundle, functions, serves_http
from bench.emulator import FLOOR_APP, first_answer_ms
from bench.report import measured, say, table
from bench.warm import report
from tests.integration.providers.raw_server import answering, raw_server

GOAL = 1.15
ROUNDS, EMULATED, SUBSCRIBERS = 11, 5, 300


def starts(built: Bundle, rounds: int) -> dict[str, list[Start]]:
    """Of the floor and of every function, in turn; the first of each fills the caches and is not counted."""
    found: dict[str, list[Start]] = {name: [] for name in (FLOOR, *functions())}
    for number in range(rounds + 1):
        for name, kept in found.items():
            start = built.start(name)
            if number:
                kept.append(start)
    return found


def row(name: str, those: list[Start], floors: list[Start]) -> tuple[object, ...]:
    ratios = [one.cpu_ms / floor.cpu_ms for one, floor in zip(those, floors, strict=True)]
    ratio, memory = median(ratios), median(one.memory_kb for one in those) / 1024
    walls = median(one.wall_ms / floor.wall_ms for one, floor in zip(those, floors, strict=True))
    modules, of_floor = len(those[0].modules), len(floors[0].modules)
    memories = memory * 1024 / median(one.memory_kb for one in floors)
    judged = name != FLOOR and serves_http(functions()[name])
    verdict = ("yes" if ratio <= GOAL else "**no**") if judged else ""
    return (
        name,
        f"{median(one.cpu_ms for one in those):.0f}",
        f"{ratio:.2f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}",
        f"{walls:.2f}",
        f"{modules}, {modules / of_floor:.2f}",
        f"{memory:.0f} MB, {memories:.2f}",
        verdict,
    )


def emulated(built: Bundle, rounds: int) -> Iterator[str]:
    """Until the first answer, under the Runtime Interface Emulator; the floor is a handler that does nothing more."""
    names = (FLOOR, *(name for name, function in functions().items() if serves_http(function)))
    took: dict[str, list[float]] = {name: [] for name in names}
    with TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(FLOOR_APP)
        for _ in range(rounds):
            for name, kept in took.items():
                kept.append(first_answer_ms(built, name, Path(folder)))
    rows = []
    for name, those in took.items():
        ratio = median(one / floor for one, floor in zip(those, took[FLOOR], strict=True))
        rows.append((name, f"{median(those):.0f}", f"{ratio:.2f}"))
    return table(("under the emulator", "ms to the first answer, wall", "to the floor"), rows)


FOUND = b'{"SecretString": "{}", "Plaintext": "QUJD"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(FOUND), FOUND)


def first_calls(built: Bundle, rounds: int) -> Iterator[str]:
    """CPU of what a first request does for the secret and a key, beside the same by boto3; both in turn."""
    took: dict[str, list[float]] = {"own": [], "boto3": []}
    with raw_server(answering(ANSWER)) as server:
        for _ in range(rounds):
            for whose, kept in took.items():
                kept.append(built.first_calls_ms(server.url, whose))
    rows = [(f"{whose} clients", f"{median(those):.1f}") for whose, those in took.items()]
    return table(("the secret and a key, for the first time", "CPU ms"), rows)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"starts of each, {ROUNDS} if not given")
    parser.add_argument("--emulated", type=int, default=EMULATED, help=f"starts of each API handler, {EMULATED}")
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS, help=f"{SUBSCRIBERS} if not given")
    given = parser.parse_args()
    head = ("function", "CPU ms", "to the floor", "of all rounds", "wall", "modules", "memory", f"API: {GOAL}")
    with measured():
        with bundle() as built:
            found = starts(built, given.rounds)
            say(*table(head, (row(name, those, found[FLOOR]) for name, those in found.items())), "")
            say(*first_calls(built, given.rounds), "")
            say(*emulated(built, given.emulated), "")
        report(given.subscribers)


if __name__ == "__main__":
    main()
