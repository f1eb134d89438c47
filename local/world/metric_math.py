"""CloudWatch's metric math, as far as alarms of template.yaml use it: arithmetic, comparisons, FILL, IF, MAX."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

type Series = Sequence[float | None]  # one value a period, None where there is none

_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


class NotUnderstood(Exception):
    """An expression that uses more of metric math than is written here."""


def evaluate(expression: str, series: Mapping[str, Series], length: int) -> Series:
    """The expression's value in each of `length` periods; a period in which something is missing has none.

    Raises NotUnderstood; KeyError for a metric that is not in `series`.
    """
    tree = ast.parse(expression, mode="eval").body
    return [_value(tree, {name: values[period] for name, values in series.items()}) for period in range(length)]


def _value(node: ast.expr, given: Mapping[str, float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return given[name]
        case ast.BinOp(left=left, op=sign, right=right):
            return _together(type(sign), _value(left, given), _value(right, given))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _together(type(sign), _value(left, given), _value(right, given))
        case ast.Call(func=ast.Name(id="FILL"), args=[series, instead]):
            value = _value(series, given)
            return _value(instead, given) if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            value = _value(condition, given)
            return None if value is None else _value(then if value else otherwise, given)
        case ast.Call(func=ast.Name(id="MAX"), args=[ast.List(elts=several)]):
            values = [value for each in several if (value := _value(each, given)) is not None]
            return max(values, default=None)
        case _:
            raise NotUnderstood(ast.unparse(node))


def _together(sign: type[ast.AST], left: float | None, right: float | None) -> float | None:
    """Without a value where one is missing, and where CloudWatch gives none: divided by zero."""
    if sign not in _OPERATORS:
        raise NotUnderstood(sign.__name__)
    if left is None or right is None or (sign is ast.Div and right == 0):
        return None
    return float(_OPERATORS[sign](left, right))
