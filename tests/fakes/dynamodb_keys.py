"""Key conditions of queries: which rows of which partition are asked for."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

from tests.fakes.dynamodb_errors import EMPTY_KEY, WRONG_VALUES, Invalid
from tests.fakes.dynamodb_expressions import Item, Node, Term, Unplayed, parse

type Place = tuple[str, str]  # a row's partition and sort key in its table
type Entry = tuple[str, Place]  # a row in the order of a partition of its table or of an index: sort key, and where

BOUNDS = {"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """`partition` is the placeholder of the partition key's value, `bound` what is asked of the sort key."""

    partition: str
    bound: Term | None

    def bounds(self, values: Item) -> Mapping[str, str]:
        """The values that are compared with keys, by placeholder. Raises Invalid for what no key can be."""
        used = (self.partition, *(self.bound.values if self.bound else ()))
        if any("S" not in values[name] for name in used):
            raise Invalid(f"{WRONG_VALUES} Condition parameter type does not match schema type")
        bounds: dict[str, str] = {name: values[name]["S"] for name in used}
        if not bounds[self.partition]:
            raise Invalid(f"{WRONG_VALUES} {EMPTY_KEY}")
        if self.bound and self.bound.kind == "BETWEEN" and bounds[used[1]] > bounds[used[2]]:
            raise Invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
        return bounds

    def span(self, entries: Sequence[Entry], bounds: Mapping[str, str]) -> tuple[int, int]:
        """Where what is asked for begins and ends among the ordered entries of the partition."""
        if self.bound is None:
            return 0, len(entries)
        first, last = bounds[self.bound.values[0]], bounds[self.bound.values[-1]]
        match self.bound.kind:
            case "=" | "BETWEEN":
                return _before(entries, first), _after(entries, last)
            case "begins_with":
                length = len(first)
                return _before(entries, first), bisect_right(entries, first, key=lambda entry: entry[0][:length])
            case "<":
                return 0, _before(entries, first)
            case "<=":
                return 0, _after(entries, first)
            case ">":
                return _after(entries, first), len(entries)
        return _before(entries, first), len(entries)


def _before(entries: Sequence[Entry], key: str) -> int:
    return bisect_left(entries, key, key=itemgetter(0))


def _after(entries: Sequence[Entry], key: str) -> int:
    return bisect_right(entries, key, key=itemgetter(0))


@cache
def key_condition(text: str, names: tuple[tuple[str, str], ...], hash: str, range: str | None) -> KeyCondition:
    """What `text` asks of a table or index with these key attributes. Raises Invalid unless it names one partition."""
    aliases = dict(names)
    asked: dict[str, Term] = {}
    for term in _conjunction(parse(text).root):
        path = aliases.get(term.path, term.path)
        if path in asked or term.kind not in BOUNDS:
            raise Unplayed(f"the key condition {text!r}")
        asked[path] = term
    partition = asked.pop(hash, None)
    if partition is None or partition.kind != "=":
        raise Invalid(f"Query condition missed key schema element: {hash}")
    bound = asked.pop(range, None) if range else None
    if asked:
        raise Unplayed(f"the key condition {text!r}")
    return KeyCondition(partition.values[0], bound)


def _conjunction(node: Node) -> list[Term]:
    if isinstance(node, Term):
        return [node]
    if node.kind != "AND":
        raise Unplayed("a key condition with OR")
    return [*_conjunction(node.left), *_conjunction(node.right)]
