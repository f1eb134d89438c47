"""Walks over code that mypy has read: which children each kind of node has.

mypy's own visitors cannot be extended from Python, so the tree's shape is written down here; a kind of node that is
not listed fails the walk instead of being passed over.
"""

from __future__ import annotations

from collections.abc import Mapping

from mypy import nodes

CHILDREN: Mapping[type[nodes.Node], tuple[str, ...]] = {
    nodes.MypyFile: ("defs",),
    nodes.Block: ("body",),
    nodes.ClassDef: ("defs",),
    nodes.FuncDef: ("body",),
    nodes.OverloadedFuncDef: ("items",),
    nodes.Decorator: ("func", "decorators"),
    nodes.LambdaExpr: ("body",),
    nodes.ExpressionStmt: ("expr",),
    nodes.AssignmentStmt: ("rvalue", "lvalues"),
    nodes.OperatorAssignmentStmt: ("lvalue", "rvalue"),
    nodes.AssertStmt: ("expr", "msg"),
    nodes.DelStmt: ("expr",),
    nodes.ReturnStmt: ("expr",),
    nodes.RaiseStmt: ("expr", "from_expr"),
    nodes.IfStmt: ("expr", "body", "else_body"),
    nodes.ForStmt: ("expr", "body", "else_body"),
    nodes.WhileStmt: ("expr", "body", "else_body"),
    nodes.WithStmt: ("expr", "body"),
    nodes.TryStmt: ("body", "handlers", "else_body", "finally_body"),
    nodes.MatchStmt: ("subject", "guards", "bodies"),
    nodes.CallExpr: ("callee", "args"),
    nodes.MemberExpr: ("expr",),
    nodes.IndexExpr: ("base", "index"),
    nodes.SliceExpr: ("begin_index", "end_index", "stride"),
    nodes.OpExpr: ("left", "right"),
    nodes.ComparisonExpr: ("operands",),
    nodes.UnaryExpr: ("expr",),
    nodes.ConditionalExpr: ("cond", "if_expr", "else_expr"),
    nodes.AssignmentExpr: ("value",),
    nodes.StarExpr: ("expr",),
    nodes.CastExpr: ("expr",),
    nodes.AwaitExpr: ("expr",),
    nodes.YieldExpr: ("expr",),
    nodes.YieldFromExpr: ("expr",),
    nodes.TypeApplication: ("expr",),
    nodes.ListExpr: ("items",),
    nodes.TupleExpr: ("items",),
    nodes.SetExpr: ("items",),
    nodes.DictExpr: ("items",),
    nodes.GeneratorExpr: ("left_expr", "sequences", "condlists"),
    nodes.ListComprehension: ("generator",),
    nodes.SetComprehension: ("generator",),
    nodes.DictionaryComprehension: ("key", "value", "sequences", "condlists"),
    **dict.fromkeys((nodes.NameExpr, nodes.SuperExpr, nodes.EllipsisExpr, nodes.TempNode), ()),
    **dict.fromkeys((nodes.IntExpr, nodes.StrExpr, nodes.BytesExpr, nodes.FloatExpr, nodes.ComplexExpr), ()),
    **dict.fromkeys((nodes.PassStmt, nodes.BreakStmt, nodes.ContinueStmt, nodes.GlobalDecl, nodes.NonlocalDecl), ()),
    **dict.fromkeys((nodes.Import, nodes.ImportFrom, nodes.ImportAll, nodes.TypeAliasStmt, nodes.TypeVarExpr), ()),
    **dict.fromkeys((nodes.TypeAliasExpr, nodes.NamedTupleExpr, nodes.EnumCallExpr, nodes.NewTypeExpr), ()),
}


class Walk:
    """Visits a tree; a subclass has `visit_RaiseStmt` and the like for what it wants to see itself."""

    def visit(self, found: object) -> None:
        if isinstance(found, list | tuple):
            for one in found:
                self.visit(one)
        elif isinstance(found, nodes.Node):
            getattr(self, f"visit_{type(found).__name__}", self.go_on)(found)

    def go_on(self, node: nodes.Node) -> None:
        """Visit what is below a node."""
        for child in CHILDREN[type(node)]:
            self.visit(getattr(node, child))
