"""Condition expressions as far as the in-memory DynamoDB plays them: parsed once, then kept.

Played: `path = :value` with = < <= > >=, BETWEEN, begins_with, attribute_exists, attribute_not_exists, AND, OR and
parentheses, on attributes of the top level. Everything else raises NotImplementedError: what is written in such an
expression is to be tried on the engines first. Reserved words are known to the engines only.
"""

import operator
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from tests.fakes.dynamodb_errors import Invalid

type Value = Mapping[str, Any]  # of an attribute, in wire form: {"S": "text"}
type Item = Mapping[str, Value]
type Names = Mapping[str, str]
type Test = Callable[[Item, Names, Item], bool]

NO_NAMES: Names = {}
NO_VALUES: Item = {}
NONE: frozenset[str] = frozenset()

TOKEN = re.compile(r"\s*([#:]?\w+|[<>]=|[=<>(),])")
PATH = re.compile(r"#\w+|[A-Za-z_]\w*")
WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN"}
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Unplayed(NotImplementedError):
    """A request that DynamoDB may well take, but that the in-memory one does not play."""


class Term(NamedTuple):
    """One comparison: those of existence have no values, BETWEEN has two, the others one."""

    path: str
    kind: str
    values: tuple[str, ...]


class Junction(NamedTuple):
    """Two nodes joined by AND or OR."""

    kind: str
    left: "Node"
    right: "Node"


type Node = Term | Junction


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression asks; `names` and `values` are the placeholders that it uses, `paths` its attributes."""

    root: Node
    test: Test
    paths: frozenset[str]
    names: frozenset[str]
    values: frozenset[str]


@cache
def parse(text: str) -> Expression:
    root = _Parser(text).whole()
    terms = _terms(root)
    return Expression(
        root,
        _test(root),
        frozenset(term.path for term in terms),
        frozenset(term.path for term in terms if term.path.startswith("#")),
        frozenset(value for term in terms for value in term.values),
    )


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if not found:
                raise self._unplayed()
            self._tokens.append(found[1])
            at = found.end()
        self._tokens.reverse()

    def whole(self) -> Node:
        root = self._any()
        if self._tokens:
            raise self._unplayed()
        return root

    def _any(self) -> Node:
        return self._joined("OR", lambda: self._joined("AND", self._one))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        left = part()
        while self._tokens and self._tokens[-1].upper() == word:
            self._tokens.pop()
            left = Junction(word, left, part())
        return left

    def _one(self) -> Node:
        token = self._take()
        if token == "(":
            inside = self._any()
            self._expect(")")
            return inside
        if self._tokens and self._tokens[-1] == "(":
            return self._function(token)
        return self._comparison(self._path(token))

    def _function(self, name: str) -> Term:
        self._expect("(")
        path = self._path(self._take())
        values: tuple[str, ...] = ()
        if name == "begins_with":
            self._expect(",")
            values = (self._value(),)
        elif name not in ("attribute_exists", "attribute_not_exists"):
            raise self._unplayed()
        self._expect(")")
        return Term(path, name, values)

    def _comparison(self, path: str) -> Term:
        sign = self._take().upper()
        if sign == "BETWEEN":
            first = self._value()
            self._expect("AND")
            return Term(path, sign, (first, self._value()))
        if sign not in COMPARISONS:
            raise self._unplayed()
        return Term(path, sign, (self._value(),))

    def _take(self) -> str:
        if not self._tokens:
            raise self._unplayed()
        return self._tokens.pop()

    def _expect(self, token: str) -> None:
        if self._take().upper() != token:
            raise self._unplayed()

    def _path(self, token: str) -> str:
        if not PATH.fullmatch(token) or token.upper() in WORDS:
            raise self._unplayed()
        return token

    def _value(self) -> str:
        token = self._take()
        if not token.startswith(":"):
            raise self._unplayed()
        return token

    def _unplayed(self) -> Unplayed:
        return Unplayed(f"the expression {self._text!r}")


def _terms(node: Node) -> list[Term]:
    return [node] if isinstance(node, Term) else [*_terms(node.left), *_terms(node.right)]


def _test(node: Node) -> Test:
    if isinstance(node, Junction):
        left, right = _test(node.left), _test(node.right)
        if node.kind == "AND":
            return lambda item, names, values: left(item, names, values) and right(item, names, values)
        return lambda item, names, values: left(item, names, values) or right(item, names, values)
    path, kind = node.path, node.kind
    match kind:
        case "attribute_exists":
            return lambda item, names, values: names.get(path, path) in item
        case "attribute_not_exists":
            return lambda item, names, values: names.get(path, path) not in item
        case "BETWEEN":
            first, last = node.values
            return lambda item, names, values: (
                _compared(operator.ge, item.get(names.get(path, path)), values[first])
                and _compared(operator.le, item.get(names.get(path, path)), values[last])
            )
    (given,) = node.values
    compare = str.startswith if kind == "begins_with" else COMPARISONS[kind]
    return lambda item, names, values: _compared(compare, item.get(names.get(path, path)), values[given])


def _compared(compare: Callable[[Any, Any], bool], stored: Value | None, given: Value) -> bool:
    """False for an attribute that is missing or of another type than the value, as at DynamoDB."""
    ((kind, against),) = given.items()
    if kind != "S" and (kind != "N" or compare is str.startswith):
        raise Unplayed(f"comparing an attribute with a value of type {kind}")
    if stored is None or kind not in stored:
        return False
    if kind == "S":
        return compare(stored["S"], against)
    return compare(Decimal(stored["N"]), Decimal(against))


def check_placeholders(kind: str, used: Set[str], given: Set[str]) -> None:
    """Raises Invalid unless the names, or values, that are given with expressions are those that they use."""
    if given - used:
        raise Invalid(f"An expression attribute {kind} is given and not used: {', '.join(given - used)}")
    if used - given:
        raise Invalid(f"An expression attribute {kind} is used and not defined: {', '.join(used - given)}")
