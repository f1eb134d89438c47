"""Random programs of requests to a table, which every engine must answer alike."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.contracts.raw_table import ABSENT, RawTable, Wire, n_is, refusal_in, row, when

PKS, SKS = ("a", "b"), ("1", "2", "3", "31")
CONDITIONS: list[Callable[[int], Wire | None]] = [
    lambda n: None,
    lambda n: ABSENT,
    n_is,
    lambda n: when("attribute_not_exists(pk) OR #it = :it", {"#it": "n"}, it=n),
    lambda n: when("attribute_not_exists(pk) OR #it <= :it", {"#it": "n"}, it=n),
    lambda n: when("attribute_exists(s) AND n > :it", it=n),
    lambda n: when("begins_with(s, :it) OR n BETWEEN :low AND :high", it="x", low=n, high=n + 1),
]


@dataclass(frozen=True, slots=True)
class Write:
    """A put, or a delete by the row's key."""

    deletes: bool
    row: Wire
    condition: Wire | None

    def __call__(self, raw: RawTable) -> None:
        if self.deletes:
            raw.delete(*self._key(), self.condition)
        else:
            raw.put(self.row, self.condition)

    def action(self, raw: RawTable) -> Wire:
        if self.deletes:
            return raw.deleting(*self._key(), self.condition)
        return raw.putting(self.row, self.condition)

    def _key(self) -> tuple[str, str]:
        return self.row["pk"]["S"], self.row["sk"]["S"]


@dataclass(frozen=True, slots=True)
class Transaction:
    writes: tuple[Write, ...]
    token: int | None

    def __call__(self, raw: RawTable) -> None:
        token = None if self.token is None else raw.token(self.token)
        raw.transact(*[write.action(raw) for write in self.writes], token=token)


@dataclass(frozen=True, slots=True)
class Get:
    pk: str
    sk: str

    def __call__(self, raw: RawTable) -> object:
        return raw.get(self.pk, self.sk)


@dataclass(frozen=True, slots=True)
class Query:
    """All pages, since engines differ in whether a page that is filled knows itself to be the last."""

    where: str
    values: Mapping[str, str | int]
    options: Mapping[str, Any]

    def __call__(self, raw: RawTable) -> object:
        return raw.every(self.where, self.values, **self.options)


@dataclass(frozen=True, slots=True)
class Batch:
    keys: tuple[tuple[str, str], ...]
    projection: str | None

    def __call__(self, raw: RawTable) -> object:
        return raw.batch(self.keys, self.projection)


type Step = Write | Transaction | Get | Batch | Query

WHOLE = [
    *[Query("pk = :pk", {"pk": pk}, {}) for pk in PKS],
    *[Query("due_pk = :pk", {"pk": pk}, {"IndexName": "due"}) for pk in PKS],
]


def answer_of(raw: RawTable, step: Step) -> object:
    """What the request came to, in a form in which engines can be compared."""
    made: Callable[[RawTable], object] = step
    try:
        return made(raw)
    except ClientError as error:
        return refusal_in(error)


def program(seed: int, length: int, *, tokens: bool) -> list[Step]:
    """The same seed gives the same program; it ends with a look at every row. Without `tokens` none is sent twice."""
    choice = random.Random(seed)
    steps: list[Step] = []
    for at in range(length):
        match choice.choices(("write", "transaction", "repeat", "get", "batch", "query"), (6, 5, 3, 3, 2, 3))[0]:
            case "write":
                steps.append(_write(choice))
            case "transaction":
                writes = tuple(_write(choice) for _ in range(choice.randint(1, 4)))
                steps.append(Transaction(writes, at if tokens else None))
            case "repeat":
                steps += _repeat(choice, steps)
            case "get":
                steps.append(Get(choice.choice(PKS), choice.choice(SKS)))
            case "batch":
                keys = tuple((choice.choice(PKS), choice.choice(SKS)) for _ in range(choice.randint(1, 4)))
                steps.append(Batch(keys, choice.choice((None, "pk, sk", "s", "n, pk"))))
            case _:
                steps.append(_query(choice))
    return [*steps, *WHOLE]


def _repeat(choice: random.Random, steps: list[Step]) -> list[Step]:
    """An earlier transaction under its token, or another one under the token of an earlier one."""
    earlier = [step for step in steps[-30:] if isinstance(step, Transaction)]
    if not earlier:
        return []
    repeated = choice.choice(earlier)
    if choice.random() < 0.7:
        return [repeated]
    return [Transaction((_write(choice),), repeated.token)]


def _write(choice: random.Random) -> Write:
    pk, sk, n = choice.choice(PKS), choice.choice(SKS), choice.randint(0, 3)
    attributes: dict[str, str | int] = {"n": n}
    if choice.random() < 0.5:
        attributes["s"] = choice.choice(("x", "xy", "z"))
    if choice.random() < 0.6:
        attributes |= {"due_pk": choice.choice(PKS), "due_sk": f"{choice.randint(0, 9)}#{pk}#{sk}", "due_kind": "bill"}
    return Write(choice.random() < 0.25, row(pk, sk, **attributes), choice.choice(CONDITIONS)(choice.randint(0, 3)))


def _query(choice: random.Random) -> Query:
    low, high = sorted(choice.sample((*SKS, "0", "2!", "9"), 2))
    where, values = choice.choice(
        [
            ("", {}),
            (" AND {} BETWEEN :low AND :high", {"low": low, "high": high}),
            (" AND begins_with({}, :low)", {"low": low}),
            (" AND {} > :low", {"low": low}),
        ]
    )
    options: dict[str, Any] = {"ScanIndexForward": choice.random() < 0.5}
    if choice.random() < 0.6:
        options["Limit"] = choice.randint(1, 3)
    if choice.random() < 0.4:
        options["FilterExpression"] = "attribute_exists(s)"
    pk, sk = ("pk", "sk") if choice.random() < 0.5 else ("due_pk", "due_sk")
    if pk == "due_pk":
        options["IndexName"] = "due"
        options.pop("FilterExpression", None)  # of what is not projected
    return Query(f"{pk} = :pk{where.format(sk)}", {"pk": choice.choice(PKS), **values}, options)
