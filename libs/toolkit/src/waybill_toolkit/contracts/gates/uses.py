"""Finds the fields that the code of a package reads, and those that it passes to constructors."""

import ast
from dataclasses import dataclass, field
from typing import Final

from waybill_toolkit.contracts.gates.classes import Classes, Package
from waybill_toolkit.contracts.gates.values import Function, Values

ABSENT: Final = "pydantic.MISSING"
PASSES_MAX: Final = 4
"""How many times a function is analysed: a name may depend on one that is bound later."""


@dataclass(slots=True)
class Uses:
    """Pairs of a class and a field."""

    read: set[tuple[str, str]] = field(default_factory=set)
    given: set[tuple[str, str]] = field(default_factory=set)
    """Passed to the constructor, at least once not as MISSING."""
    made: set[str] = field(default_factory=set)
    """Constructed classes."""


def uses(package: Package, leave_out: str) -> Uses:
    """Find the uses in all modules except those in `leave_out`."""
    found = Uses()
    for module in package.modules.values():
        if module.name != leave_out and not module.name.startswith(f"{leave_out}."):
            _read_block(module.tree, Values(package, module), found)
    return found


def _read_block(block: ast.AST, values: Values, found: Uses) -> None:
    """Analyse a module, a class or a function, then the nested definitions."""
    own, inner = _split(block)
    for _ in range(PASSES_MAX):
        before = dict(values.names)
        for node in own:
            values.bind(node)
        if values.names == before:
            break
    for node in own:
        _note(node, values, found)
    for node in inner:
        _read_block(node, values.within(node, block), found)


def _split(block: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """Return the nodes of a block, and its nested functions and classes."""
    own: list[ast.AST] = []
    inner: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(block))
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            inner.append(node)
        else:
            own.append(node)
            waiting += ast.iter_child_nodes(node)
    return own, inner


def _note(node: ast.AST, values: Values, found: Uses) -> None:
    """Record what `node` reads, passes and constructs."""
    package, module = values.package, values.module
    match node:
        case ast.Attribute(value=value, attr=attribute, ctx=ast.Load()):
            found.read |= _read(package, values.of(value), attribute)
        case ast.MatchClass(cls=cls, kwd_attrs=attributes):
            for attribute in attributes:
                found.read |= _read(package, package.named_in(module, cls), attribute)
        case ast.Call(func=func, keywords=keywords):
            full = package.resolve(module, func)
            if full in package.members:
                found.made.add(full)
                found.given |= {
                    (full, each.arg)
                    for each in keywords
                    if each.arg and package.resolve(module, each.value) != ABSENT
                }
        case _:
            pass


def _read(package: Package, classes: Classes, attribute: str) -> set[tuple[str, str]]:
    """Return the fields that an attribute reads; pydantic's `model_dump` reads all."""
    everything = attribute.startswith("model_dump")
    return {
        (each, name)
        for each in classes
        for name in package.members[each]
        if everything or name == attribute
    }
