"""Finds the tests that depend on an environment variable."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "WAYBILL_"
FOLDERS: Final = ("tests", "libs/*/tests", "services/*/tests")
CONFTEST: Final = "conftest.py"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Place = tuple[Path, str]
"""A file, and a name at its top level."""


@dataclass(frozen=True)
class Module:
    """What a file defines at its top level, and what it imports."""

    path: Path
    statements: Mapping[str, list[ast.stmt]]
    imports: Mapping[str, Place]
    reads_environment: bool

    @property
    def is_of_tests(self) -> bool:
        return self.path.name.startswith("test_")

    def constant(self, name: str) -> str | None:
        """Return the value of a variable that is one text."""
        for each in self.statements.get(name, ()):
            value = getattr(each, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value
        return None


class Tree:
    """The test code of a tree."""

    def __init__(self, root: Path) -> None:
        self._root = root
        found = {path for each in FOLDERS for top in root.glob(each) for path in top.rglob("*.py")}
        self._modules = {path: self._read(path) for path in sorted(found)}
        self._fixtures = {
            name for (_, name), found in self._places() if any(map(_is_fixture, found))
        }
        self._users: dict[Place, set[Place]] = defaultdict(set)
        for place, statements in self._places():
            for used in self._used(place[0], statements):
                self._users[used].add(place)

    def files_by_variable(self) -> dict[str, set[Path]]:
        """Return which test files depend on each variable, directly or by what they use."""
        readers: dict[str, set[Place]] = defaultdict(set)
        for place, statements in self._places():
            for variable in self._variables(self._modules[place[0]], statements):
                readers[variable].add(place)
        return {name: set(self._tests(self._with_users(readers[name]))) for name in sorted(readers)}

    def _places(self) -> Iterator[tuple[Place, list[ast.stmt]]]:
        for module in self._modules.values():
            for name, statements in module.statements.items():
                yield (module.path, name), statements

    def _read(self, path: Path) -> Module:
        statements: dict[str, list[ast.stmt]] = defaultdict(list)
        imports: dict[str, Place] = {}
        source = path.read_text("utf-8")
        for each in ast.parse(source).body:
            if isinstance(each, ast.ImportFrom) and each.module:
                imports |= self._imported(each.module, each.names)
            else:
                statements[_name(each)].append(each)
        return Module(path, statements, imports, reads_environment="env" in source)

    def _imported(self, module: str, names: Iterable[ast.alias]) -> Iterator[tuple[str, Place]]:
        """Return where each name is defined; a module has no name there."""
        source = Path("libs/toolkit/src") if module.startswith("waybill_toolkit.") else Path()
        package = self._root / source / Path(*module.split("."))
        for each in names:
            below = package / f"{each.name}.py"
            place = (below, "") if below.is_file() else (package.with_suffix(".py"), each.name)
            yield each.asname or each.name, place

    def _variables(self, module: Module, statements: Iterable[ast.stmt]) -> Iterator[str]:
        for key in _keys_of_environment(statements) if module.reads_environment else ():
            name: str | None = None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                name = key.value
            elif isinstance(key, ast.Name):
                name = module.constant(key.id) or self._imported_constant(module, key.id)
            if name and name.startswith(PREFIX):
                yield name

    def _imported_constant(self, module: Module, name: str) -> str | None:
        path, origin = module.imports.get(name, (None, ""))
        if path is None or not path.is_file():
            return None
        return (self._modules.get(path) or self._read(path)).constant(origin)

    def _with_users(self, places: set[Place]) -> set[Place]:
        found: set[Place] = set()
        coming = list(places)
        while coming:
            place = coming.pop()
            if place not in found:
                found.add(place)
                coming += self._users[place]
        return found

    def _used(self, path: Path, statements: Iterable[ast.stmt]) -> Iterator[Place]:
        module = self._modules[path]
        for node in (node for each in statements for node in ast.walk(each)):
            if isinstance(node, ast.Name):
                yield module.imports.get(node.id, (path, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield module.imports.get(node.value.id, (path, ""))[0], node.attr
            elif isinstance(node, ast.arg):
                yield from self._fixture(path, node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from self._fixture(path, node.value)  # of usefixtures

    def _fixture(self, path: Path, name: str) -> Iterator[Place]:
        """Find the fixture that a name means in a file: its own, or that of a folder around it."""
        if name not in self._fixtures:
            return
        for each in (path, *(folder / CONFTEST for folder in path.parents)):
            module = self._modules.get(each)
            if module and name in module.imports:
                yield module.imports[name]
            elif module and any(map(_is_fixture, module.statements.get(name, ()))):
                yield each, name
            else:
                continue
            return

    def _tests(self, places: set[Place]) -> Iterator[Path]:
        for path, name in places:
            if path.name == CONFTEST and self._is_for_all(path, name):
                yield from (
                    each.path
                    for each in self._modules.values()
                    if each.is_of_tests and path.parent in each.path.parents
                )
            elif self._modules[path].is_of_tests:
                yield path

    def _is_for_all(self, path: Path, name: str) -> bool:
        statements = self._modules[path].statements[name]
        return name.startswith("pytest_") or any(
            "autouse" in _decorators(one) for one in statements
        )


def _name(statement: ast.stmt) -> str:
    """Return what a statement defines; "" if that is not one name."""
    if isinstance(statement, Definition):
        return statement.name
    [target, *_] = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return target.id if isinstance(target, ast.Name) else ""


def _decorators(statement: ast.stmt) -> str:
    return " ".join(map(ast.unparse, getattr(statement, "decorator_list", ())))


def _is_fixture(statement: ast.stmt) -> bool:
    return "fixture" in _decorators(statement)


def _keys_of_environment(statements: Iterable[ast.stmt]) -> Iterator[ast.expr]:
    """Find what is looked up in `os.environ`."""
    for node in (node for each in statements for node in ast.walk(each)):
        match node:
            case ast.Subscript(value=table, slice=key) if _is_environment(table):
                yield key
            case ast.Compare(left=key, comparators=[table]) if _is_environment(table):
                yield key
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[key, *_]) if (
                _is_environment(table)
            ):
                yield key
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[key, *_]):
                yield key
            case _:
                pass


def _is_environment(value: ast.expr) -> bool:
    return ast.unparse(value) in {"os.environ", "environ"}
