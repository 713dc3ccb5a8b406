"""The classes, functions and names of a Python package, from its source: nothing is imported.

Classes have full names, such as `orders.domain.Order`. Each field and method has the classes of the
package that its annotation names at any depth: `tuple[Line, ...]` names `orders.domain.Line`.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Classes: TypeAlias = frozenset[str]
"""Full names of classes that a value may be of, or holds."""

NONE: Classes = frozenset()


@dataclass(slots=True)
class Module:
    """One module, with the meaning of its names."""

    name: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    """Name here -> full name of what was imported."""


@dataclass(slots=True)
class Package:
    """All modules of one package, with their definitions."""

    modules: dict[str, Module] = field(default_factory=dict)
    definitions: dict[str, tuple[Module, ast.stmt]] = field(default_factory=dict)
    """Full name -> a class, a function or an alias, and its module."""
    members: dict[str, Mapping[str, Classes]] = field(default_factory=dict)
    """Class -> fields and methods -> their types or return types."""

    @classmethod
    def read(cls, folder: Path) -> "Package":
        """Read a package from its folder."""
        package = cls()
        for path in sorted(folder.rglob("*.py")):
            steps = path.relative_to(folder.parent).with_suffix("").parts
            name = ".".join(steps).removesuffix(".__init__")
            module = Module(name, ast.parse(path.read_bytes()))
            module.imports.update(_imports(module, is_package=path.stem == "__init__"))
            package.modules[name] = module
            for node in module.tree.body:
                for defined in _defined(node):
                    package.definitions[f"{name}.{defined}"] = module, node
        for full, (module, node) in package.definitions.items():
            if isinstance(node, ast.ClassDef):
                package.members[full] = dict(package._members(module, node))
        return package

    def resolve(self, module: Module, node: ast.expr) -> str | None:
        """Return the full name of a name or a dotted name; None for other expressions."""
        match node:
            case ast.Name(id=name):
                full = module.imports.get(name, f"{module.name}.{name}")
            case ast.Attribute(value=value, attr=name):
                outer = self.resolve(module, value)
                full = f"{outer}.{name}"
            case _:
                return None
        where, _, last = full.rpartition(".")
        there = self.modules.get(where)
        if there and last in there.imports and full not in self.definitions:
            return self.resolve(there, ast.Name(last))  # a name that the other module imports
        return full

    def named_in(
        self, module: Module, annotation: ast.expr | None, within: Classes = NONE
    ) -> Classes:
        """Collect the classes that an annotation names, also by an alias.

        `within` has the enclosing aliases, which may be recursive.
        """
        found: set[str] = set()
        for node in ast.walk(annotation) if annotation else ():
            match node:
                case ast.Constant(value=str(text)):
                    found |= self.named_in(module, _parsed(text), within)
                case ast.Name() | ast.Attribute():
                    found |= self._meant(self.resolve(module, node), within)
                case _:
                    pass
        return frozenset(found)

    def returned_by(self, full: str | None) -> Classes | None:
        """Return the classes that a call returns; None when it is not of this package."""
        match self.definitions.get(full or ""):
            case module, ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                return self.named_in(module, function.returns)
            case _, ast.ClassDef():
                return frozenset({full or ""})
            case _:
                return None

    def _meant(self, full: str | None, within: Classes) -> Classes:
        if full is None or full in within:
            return NONE
        match self.definitions.get(full):
            case _, ast.ClassDef():
                return frozenset({full})
            case module, ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self.named_in(module, value, within | {full})
            case _:
                return NONE

    def _members(self, module: Module, node: ast.ClassDef) -> Iterator[tuple[str, Classes]]:
        for each in node.body:
            match each:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    yield name, self.named_in(module, annotation)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name, self.named_in(module, each.returns)
                case _:
                    pass


def _imports(module: Module, *, is_package: bool) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                for each in names:
                    yield each.asname or each.name, each.name
            case ast.ImportFrom(module=source, names=names, level=level):
                up = level - is_package
                above = module.name.rsplit(".", up)[0] if up > 0 else module.name
                start = ".".join(filter(None, (above if level else "", source)))
                for each in names:
                    yield each.asname or each.name, f"{start}.{each.name}"
            case _:
                pass


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None  # a text in Literal[...] that is not an annotation
