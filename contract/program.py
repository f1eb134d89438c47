"""The shipped code as mypy understands it: what a name stands for, and whose method a call is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mypy import build, nodes
from mypy.modulefinder import BuildSource
from mypy.options import Options
from mypy.types import Instance, Type, TypeType, UnionType, get_proper_type

from contract.syntax import Walk
from local.template import ROOT

# Packages, and where their names begin.
SHIPPED = ((ROOT / "layers" / "common" / "pinbill", ROOT / "layers" / "common"), (ROOT / "functions", ROOT))
_TABLES = (nodes.DictExpr, nodes.TupleExpr, nodes.ListExpr, nodes.SetExpr)


class Program:
    """`functions`, `classes` and `tables` (what a module-level name holds) are found by their full names."""

    def __init__(self, trees: Sequence[tuple[Path, Path]] = SHIPPED) -> None:
        built = build.build(list(_sources(trees)), _options())  # wrong types are for `make lint` to report
        self._types = built.types
        roots = {tree.name for tree, _ in trees}
        self.modules = {name: file for name, file in built.files.items() if name.split(".")[0] in roots}
        self.functions: dict[str, nodes.FuncDef] = {}
        self.classes: dict[str, nodes.TypeInfo] = {}
        self.tables: dict[str, nodes.Expression] = {}
        for module in self.modules.values():
            _Definitions(self).visit(module)
            self._keep_tables(module)

    def _keep_tables(self, module: nodes.MypyFile) -> None:
        for statement in module.defs:
            if isinstance(statement, nodes.AssignmentStmt) and isinstance(statement.rvalue, _TABLES):
                for name in statement.lvalues:
                    if isinstance(name, nodes.NameExpr):
                        self.tables[f"{module.fullname}.{name.name}"] = statement.rvalue

    def classes_of(self, expression: nodes.Expression) -> list[nodes.TypeInfo]:
        """The classes that an expression's value may be of, or the class that it is itself."""
        if isinstance(expression, nodes.RefExpr) and isinstance(expression.node, nodes.TypeInfo):
            return [expression.node]
        found = self._types.get(expression)
        return list(_classes_in(found)) if found is not None else []

    def methods(self, of: nodes.TypeInfo, name: str) -> Iterator[nodes.SymbolNode]:
        """What a call of a method may reach: a protocol's are those of the classes that implement it."""
        if of.fullname in self.classes:
            for cls in self._standing_for(of):
                symbol = cls.get(name)
                if symbol is not None and symbol.node is not None:
                    yield symbol.node

    def _standing_for(self, cls: nodes.TypeInfo) -> list[nodes.TypeInfo]:
        """The class and those below it. A protocol that no class names as its base stands for all that look like it."""
        found = [other for other in self.classes.values() if cls in other.mro]
        if cls.is_protocol and len(found) == 1:
            found += [other for other in self.classes.values() if all(other.get(name) for name in cls.protocol_members)]
        return found


class _Definitions(Walk):
    def __init__(self, program: Program) -> None:
        self._program = program

    def visit_ClassDef(self, node: nodes.ClassDef) -> None:
        self._program.classes[node.fullname] = node.info
        self.go_on(node)

    def visit_FuncDef(self, node: nodes.FuncDef) -> None:
        self._program.functions[node.fullname] = node
        self.go_on(node)


def _classes_in(found: Type) -> Iterator[nodes.TypeInfo]:
    match get_proper_type(found):
        case Instance() as instance:
            yield instance.type
        case UnionType() as union:
            for item in union.items:
                yield from _classes_in(item)
        case TypeType() as kind:
            yield from _classes_in(kind.item)


def _sources(trees: Sequence[tuple[Path, Path]]) -> Iterator[BuildSource]:
    for tree, base in trees:
        for path in sorted(tree.rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            yield BuildSource(str(path), ".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def _options() -> Options:
    """Our code only, and with the types of its expressions; what it imports from elsewhere raises nothing of ours."""
    options = Options()
    options.python_version = (3, 13)
    options.follow_imports = "skip"
    options.ignore_missing_imports = True
    options.explicit_package_bases = True
    options.namespace_packages = True
    options.incremental = False
    options.preserve_asts = True
    options.export_types = True
    return options
