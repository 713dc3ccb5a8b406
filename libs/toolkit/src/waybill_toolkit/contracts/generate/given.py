"""Removes the defaults of sent models from their constructors: code has to pass each field.

A field that JSON may omit is `reference: str | MISSING = MISSING`: code that omits it sends
nothing, and no gate detects that. It becomes `Annotated[str | MISSING, Field(default=MISSING)]`.
The type checker then requires the field in constructors, and parsing JSON does not change.
"""

import ast
from collections.abc import Collection, Iterator

_NEEDS = "from typing import Annotated\nfrom pydantic import Field\n"
_FUTURE = "from __future__ import annotations\n"


def without_defaults(source: str, classes: Collection[str]) -> str:
    """Rewrite these classes of a module, and the classes of their fields."""
    tree = ast.parse(source)
    changed = source.splitlines()
    fields = [field for each in _made_of(tree, classes) for field in _with_defaults(each)]
    for field in sorted(fields, key=lambda field: field.lineno, reverse=True):
        changed[field.lineno - 1 : field.end_lineno] = [" " * field.col_offset + _rewritten(field)]
    if not fields:
        return source
    return "\n".join(changed).replace(_FUTURE, _FUTURE + _NEEDS, 1) + "\n"


def _rewritten(field: ast.AnnAssign) -> str:
    name, kind = ast.unparse(field.target), ast.unparse(field.annotation)
    default = ast.unparse(field.value) if field.value else ""
    return f"{name}: Annotated[{kind}, Field(default={default})]"


def _made_of(tree: ast.Module, classes: Collection[str]) -> Iterator[ast.ClassDef]:
    """Yield these classes and all that they reference in this module, each once.

    An inline object has no name in the contract, only here.
    """
    named = {name: node for node in tree.body for name in _names_defined(node)}
    waiting, seen = list(classes), set(classes)
    while waiting:
        node = named.get(waiting.pop())
        if isinstance(node, ast.ClassDef):
            yield node
        for inner in ast.walk(node) if node else ():
            if isinstance(inner, ast.Name) and inner.id in named and inner.id not in seen:
                seen.add(inner.id)
                waiting.append(inner.id)


def _names_defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name
        case _:
            pass


def _with_defaults(model: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    for node in model.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node
