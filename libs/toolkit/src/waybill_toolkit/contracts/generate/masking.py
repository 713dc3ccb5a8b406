"""Masks personal fields of generated models: no `repr` and no validation error shows their values.

An exception in a log has the `repr` of values, and the text of pydantic's ValidationError has the
invalid input. A field with `x-personal` gets `repr=False`, and its class, as well as all that are
made of it, `hide_input_in_errors=True`.
"""

import ast
from collections.abc import Collection, Mapping
from typing import Final

_NEEDS: Final = "from typing import Annotated\nfrom pydantic import Field\n"
_FUTURE: Final = "from __future__ import annotations\n"
_CONFIG: Final = "model_config"


def masked(source: str, personal: Mapping[str, Collection[str]]) -> str:
    """Rewrite the classes of a module; `personal` has the personal fields by class.

    It may name classes of other modules, which those of this one are made of.
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    holders = _holders(classes, personal)
    rewritten = {
        node: text
        for each in classes
        for node in each.body
        if (text := _rewritten(each, node, personal.get(each.name, ()), holders)) is not None
    }
    if not rewritten:
        return source
    lines = source.splitlines()
    for node in sorted(rewritten, key=lambda node: node.lineno, reverse=True):
        lines[node.lineno - 1 : node.end_lineno] = [" " * node.col_offset + rewritten[node]]
    return "\n".join(lines).replace(_FUTURE, _FUTURE + _NEEDS, 1) + "\n"


def _holders(classes: Collection[ast.ClassDef], personal: Collection[str]) -> set[str]:
    """Return the classes with personal fields, and those that are made of them, at any depth."""
    used = {
        each.name: {node.id for node in ast.walk(each) if isinstance(node, ast.Name)}
        for each in classes
    }
    found = set(personal)
    while more := {name for name, names in used.items() if name not in found and names & found}:
        found |= more
    return found


def _rewritten(
    owner: ast.ClassDef, node: ast.stmt, fields: Collection[str], holders: Collection[str]
) -> str | None:
    """Return another text for a statement of a class; None to keep it."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) if name in fields:
            value = "" if node.value is None else f" = {ast.unparse(node.value)}"
            return f"{name}: Annotated[{_inner(node.annotation)}, Field(repr=False)]{value}"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if (
            name == _CONFIG and owner.name in holders
        ):
            hidden = ast.keyword("hide_input_in_errors", ast.Constant(value=True))
            changed = ast.Call(call.func, call.args, [*call.keywords, hidden])
            return f"{_CONFIG} = {ast.unparse(changed)}"
        case _:
            return None


def _inner(annotation: ast.expr) -> str:
    """Return what stands between the brackets of `Annotated[...]`, or another annotation."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=parts)):
            return ", ".join(map(ast.unparse, parts))
        case _:
            return ast.unparse(annotation)
