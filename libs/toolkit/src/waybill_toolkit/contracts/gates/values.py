"""Infers the classes that a value may have or contain, from annotations.

It follows attributes, calls, loops and comprehensions: after `for line in body.lines` a line is a
`PlaceOrderLine`. An unknown result has the classes of its inputs: `each.body` of a
`BatchedRequest[PlaceOrder]` is a `PlaceOrder`. Names are distinguished by function, not by line.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from waybill_toolkit.contracts.gates.classes import NONE, Classes, Module, Package

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Values:
    """The possible classes of the names in one module, class or function; `bind` records them."""

    package: Package
    module: Module
    names: dict[str, Classes] = field(default_factory=dict)

    def within(self, block: ast.AST, outer: ast.AST) -> "Values":
        """Open the scope of a function or a class in `outer`, and bind its arguments."""
        names = dict(self.names)
        if isinstance(block, Function):
            arguments = [*block.args.posonlyargs, *block.args.args, *block.args.kwonlyargs]
            for each in arguments:
                names[each.arg] = self.package.named_in(self.module, each.annotation)
            if isinstance(outer, ast.ClassDef) and arguments:
                names[arguments[0].arg] = frozenset({f"{self.module.name}.{outer.name}"})
        return Values(self.package, self.module, names)

    def bind(self, node: ast.AST) -> None:
        """Record the classes of the names that `node` binds."""
        targets, value = _bound(node)
        for target in targets:
            self._name(target, self.of(value) if value else NONE)
        match node:
            case ast.AnnAssign(target=target, annotation=annotation):
                self._name(target, self.package.named_in(self.module, annotation))
            case ast.Match(subject=subject, cases=cases):
                for case in cases:
                    self._capture(case.pattern, self.of(subject))
            case ast.Call(args=args):
                for each in (each for each in args if isinstance(each, ast.Lambda)):
                    for argument in each.args.args:
                        self._add(argument.arg, self._any(args))
            case _:
                pass

    def of(self, node: ast.expr) -> Classes:
        """Return the classes that a value may have or contain."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name, NONE)
            case ast.Attribute(value=value, attr=attribute):
                return self._member(self.of(value), attribute)
            case ast.Call():
                return self._called(node)
            case _:
                return self._any(_parts(node))

    def _called(self, node: ast.Call) -> Classes:
        """Return the classes of a call: as annotated, else those of its object or its arguments."""
        known = self.package.returned_by(self.package.resolve(self.module, node.func))
        if known is not None:
            return known
        on = self.of(node.func) if isinstance(node.func, ast.Attribute) else NONE
        return on or self._any([*node.args, *(each.value for each in node.keywords)])

    def _member(self, classes: Classes, attribute: str) -> Classes:
        """Return the classes of an attribute; an unknown attribute has those of its object."""
        members = [self.package.members[each] for each in classes]
        known = [each[attribute] for each in members if attribute in each]
        return NONE.union(*known) if known else classes

    def _any(self, nodes: Iterable[ast.expr]) -> Classes:
        return NONE.union(*map(self.of, nodes))

    def _add(self, name: str, classes: Classes) -> None:
        self.names[name] = self.names.get(name, NONE) | classes

    def _name(self, target: ast.expr, classes: Classes) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._add(node.id, classes)

    def _capture(self, pattern: ast.pattern, classes: Classes) -> None:
        """Record the classes of the names in a pattern."""
        match pattern:
            case ast.MatchClass(cls=cls, kwd_attrs=attributes, kwd_patterns=patterns):
                there = self.package.named_in(self.module, cls) or classes
                for attribute, each in zip(attributes, patterns, strict=True):
                    self._capture(each, self._member(there, attribute))
            case ast.MatchAs(pattern=inner, name=name):
                if isinstance(inner, ast.MatchClass):
                    classes = self.package.named_in(self.module, inner.cls) or classes
                if inner:
                    self._capture(inner, classes)
                if name:
                    self._add(name, classes)
            case ast.MatchOr(patterns=patterns) | ast.MatchSequence(patterns=patterns):
                for each in patterns:
                    self._capture(each, classes)
            case _:
                pass


def _bound(node: ast.AST) -> tuple[Sequence[ast.expr], ast.expr | None]:
    """Yield the targets that a statement binds, and their value."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return targets, value
        case ast.NamedExpr(target=target, value=value):
            return [target], value
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            return [node.target], node.iter
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            return [target], value
        case _:
            return [], None


def _parts(node: ast.expr) -> Iterable[ast.expr]:
    """Yield the parts of an expression that its value consists of."""
    match node:
        case ast.Compare() | ast.Constant() | ast.JoinedStr():
            return ()
        case ast.IfExp(body=body, orelse=orelse):
            return body, orelse
        case ast.DictComp(key=key, value=value):
            return key, value
        case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value):
            return (value,)
        case ast.Subscript(value=value) | ast.Lambda(body=value):
            return (value,)
        case _:
            return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
