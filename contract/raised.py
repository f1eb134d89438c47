"""What each route may answer beside success, read out of the code: every call is followed to what it may raise.

An error counts as raised where its class is named in code that the route can reach, unless it is caught on the way.
That finds a little too much, never too little: what cannot happen is in `impossible.py`, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mypy import nodes

from contract.program import Program
from contract.syntax import Walk

ERRORS = "pinbill.errors."
PROBLEM = "pinbill.entrypoints.problems.problem"


@dataclass(slots=True)
class Effects:
    """Of a piece of code: the exceptions that leave it, by their full names, and the problems that it makes itself."""

    raised: set[str] = field(default_factory=set)
    problems: set[tuple[int, str]] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        self.raised |= other.raised
        self.problems |= other.problems

    @property
    def errors(self) -> set[str]:
        """The names of our own errors."""
        return {name.removeprefix(ERRORS) for name in self.raised if name.startswith(ERRORS)}


class Reach:
    """The effects of some code and of every function that it reaches; grown until nothing new is found."""

    def __init__(self, program: Program, roots: Sequence[nodes.Node]) -> None:
        self.program = program
        self._known: dict[str, Effects] = {}
        size = -1
        while size != self._size():
            size = self._size()
            for root in roots:
                self.of(root)
            for name, effects in list(self._known.items()):
                effects.add(self.of(program.functions[name].body))

    def of(self, tree: nodes.Node) -> Effects:
        """The effects of one of the roots."""
        walk = _Body(self)
        walk.visit(tree)
        return walk.effects

    def known(self, name: str) -> Effects:
        """What is known of a function by now; asks for it to be looked at."""
        return self._known.setdefault(name, Effects())

    def _size(self) -> int:
        return len(self._known) + sum(len(one.raised) + len(one.problems) for one in self._known.values())


class _Body(Walk):
    def __init__(self, reach: Reach) -> None:
        self.effects = Effects()
        self._reach = reach
        self._program = reach.program
        self._handling: list[tuple[str | None, set[str]]] = []

    def visit_NameExpr(self, node: nodes.NameExpr) -> None:
        self._named(node.node)

    def visit_MemberExpr(self, node: nodes.MemberExpr) -> None:
        if not _is_class(node.expr):  # what is asked of an error's class raises nothing
            self.visit(node.expr)
        self._named(node.node)
        for cls in self._program.classes_of(node.expr):
            self._calls(cls, node.name)

    def visit_CallExpr(self, node: nodes.CallExpr) -> None:
        if isinstance(node.callee, nodes.RefExpr) and node.callee.fullname == "builtins.isinstance":
            self.visit(node.args[0])
            return
        self.go_on(node)
        if isinstance(node.callee, nodes.RefExpr) and isinstance(node.callee.node, nodes.TypeInfo):
            for method in ("__init__", "__post_init__"):
                symbol = node.callee.node.get(method)
                self._named(symbol.node if symbol else None)
        else:
            for cls in self._program.classes_of(node.callee):
                self._calls(cls, "__call__")
        match node:
            case nodes.CallExpr(callee=nodes.RefExpr(fullname=name), args=[nodes.IntExpr(), nodes.StrExpr(), *_]) if (
                name == PROBLEM
            ):
                status, code = node.args[:2]
                assert isinstance(status, nodes.IntExpr)
                assert isinstance(code, nodes.StrExpr)
                self.effects.problems.add((status.value, code.value))

    def visit_RaiseStmt(self, node: nodes.RaiseStmt) -> None:
        """The cause of an error is not raised; the error that is being handled is, when it is raised again."""
        if node.expr is None:
            self.effects.raised |= self._handling[-1][1] if self._handling else set()
            return
        if isinstance(node.expr, nodes.NameExpr):
            for name, caught in self._handling:
                if name == node.expr.name:
                    self.effects.raised |= caught
        self.visit(node.expr)

    def visit_TryStmt(self, node: nodes.TryStmt) -> None:
        outer, self.effects = self.effects, Effects()
        self.visit(node.body)
        tried, self.effects = self.effects, outer
        for variable, kind, handler in zip(node.vars, node.types, node.handlers, strict=True):
            caught = {error for error in tried.raised if self._is_caught(error, kind)}
            tried.raised -= caught
            self._handling.append((variable.name if variable else None, caught))
            self.visit(handler)
            self._handling.pop()
        self.effects.add(tried)
        self.visit(node.else_body)
        self.visit(node.finally_body)

    def _is_caught(self, error: str, by: nodes.Expression | None) -> bool:
        ancestry = {cls.fullname for cls in self._program.classes[error].mro}
        return by is None or bool(ancestry & self._classes_named(by))

    def _classes_named(self, expression: nodes.Expression) -> set[str]:
        match expression:
            case nodes.TupleExpr(items=items):
                return {name for item in items for name in self._classes_named(item)}
            case nodes.RefExpr(node=nodes.TypeInfo() as cls):
                return {cls.fullname}
            case nodes.RefExpr(fullname=name) if name in self._program.tables:
                return self._classes_named(self._program.tables[name])
            case _:
                return set()

    def _named(self, node: nodes.SymbolNode | None) -> None:
        """A function that is named may be called, an error's class raised, and a table's content either."""
        match node:
            case nodes.TypeInfo() if node.fullname in self._program.classes and _is_exception(node):
                self.effects.raised.add(node.fullname)
            case nodes.Var() if node.fullname in self._program.tables:
                self.visit(self._program.tables[node.fullname])
            case nodes.FuncDef() if node.fullname in self._program.functions:
                self.effects.add(self._reach.known(node.fullname))
            case nodes.Decorator():
                self._named(node.func)
            case nodes.OverloadedFuncDef():
                for item in node.items:
                    self._named(item)

    def _calls(self, cls: nodes.TypeInfo, method: str) -> None:
        for node in self._program.methods(cls, method):
            self._named(node)


def _is_exception(cls: nodes.TypeInfo) -> bool:
    return any(base.fullname == "builtins.BaseException" for base in cls.mro)


def _is_class(expression: nodes.Expression) -> bool:
    return isinstance(expression, nodes.RefExpr) and isinstance(expression.node, nodes.TypeInfo)
