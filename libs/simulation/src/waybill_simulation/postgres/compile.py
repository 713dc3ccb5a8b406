"""Expressions as functions: `f(environment, run)`.

The environment is a tuple of versions, one for each source in scope, those of outer queries first.
NULL is None. An operation on None returns None, as in SQL.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from waybill_simulation.postgres.aggregates import AGGREGATES, GROUP, aggregated
from waybill_simulation.postgres.functions import OPERATORS, Function
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.syntax import (
    Among,
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Exists,
    Expr,
    Is,
    IsDistinct,
    IsNull,
    Literal,
    Not,
    Param,
    Row,
    Select,
    Values,
)
from waybill_simulation.postgres.types import converter

Environment: TypeAlias = tuple[Any, ...]
Compiled: TypeAlias = Callable[[Environment, Any], Any]


class Scope:
    """The columns in scope: sources by alias, those of outer queries first."""

    def __init__(self, sources: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.sources = list(sources)
        self.used: set[int] = set()
        self.grouped: list[Call] | None = None

    def find(self, column: Column) -> int:
        """Return the index of the source that a column belongs to; the innermost wins."""
        for index in range(len(self.sources) - 1, -1, -1):
            alias, columns = self.sources[index]
            if column.table in (None, alias) and column.name in columns:
                self.used.add(index)
                return index
        name = f"{column.table}.{column.name}" if column.table else column.name
        known = ", ".join(alias for alias, _ in self.sources) or "nothing"
        raise NotSimulatedError(f"the column {name}, with {known} in reach", name)


SubSelect: TypeAlias = Callable[[Select, Scope], Function]
"""Makes a function that returns the rows of a query inside an expression."""


class Compiler:
    """Compiles expressions; `subselect` does that for the queries in them."""

    def __init__(self, subselect: SubSelect, functions: dict[str, Function]) -> None:
        self._subselect = subselect
        self._functions = functions

    def compile(self, expr: Expr, scope: Scope) -> Compiled:  # noqa: C901, PLR0911, PLR0912 (one branch for each kind)
        match expr:
            case Literal(value):
                return lambda _e, _r: value
            case Param(number):
                return lambda _e, run: run.params[number]
            case Column(_, name):
                return _column(scope.find(expr), name)
            case Not(of):
                inner = self.compile(of, scope)
                return lambda e, r: None if (v := inner(e, r)) is None else not v
            case IsNull(of):
                inner = self.compile(of, scope)
                return lambda e, r: inner(e, r) is None
            case Cast(of, wanted):
                inner, convert = self.compile(of, scope), converter(wanted)
                return lambda e, r: convert(inner(e, r))
            case Is(of, value):
                inner = self.compile(of, scope)
                return lambda e, r: inner(e, r) is value
            case IsDistinct(left, right):
                one, other = self.compile(left, scope), self.compile(right, scope)
                return lambda e, r: one(e, r) != other(e, r)
            case Binary("and", left, right):
                return _and(self.compile(left, scope), self.compile(right, scope))
            case Binary("or", left, right):
                return _or(self.compile(left, scope), self.compile(right, scope))
            case Binary(name, left, right):
                return _strict(
                    OPERATORS[name], self.compile(left, scope), self.compile(right, scope)
                )
            case Row(items):
                compiled = [self.compile(item, scope) for item in items]
                return lambda e, r: tuple(item(e, r) for item in compiled)
            case Among(name, left, array, every):
                return self._among(name, left, array, scope, every=every)
            case Case(subject, whens, otherwise):
                return self._case(subject, whens, otherwise, scope)
            case Exists(select):
                rows = self._subselect(select, scope)
                return lambda e, r: bool(rows(e, r))
            case Values(select):
                return self._subselect(select, scope)
            case Call():
                return self._call(expr, scope)

    def _among(self, name: str, left: Expr, array: Expr, scope: Scope, *, every: bool) -> Compiled:
        one, many, compare = self.compile(left, scope), self.compile(array, scope), OPERATORS[name]
        constants = _constants(array)
        if constants is not None and name == "=" and not every:
            return lambda e, r: None if (v := one(e, r)) is None else v in constants
        if every:
            return lambda e, r: (
                None if (v := one(e, r)) is None else all(compare(v, each) for each in many(e, r))
            )
        if name == "=":
            return lambda e, r: None if (v := one(e, r)) is None else v in many(e, r)
        return lambda e, r: (
            None if (v := one(e, r)) is None else any(compare(v, each) for each in many(e, r))
        )

    def _case(
        self,
        subject: Expr | None,
        whens: tuple[tuple[Expr, Expr], ...],
        otherwise: Expr,
        scope: Scope,
    ) -> Compiled:
        conditions = [
            (when if subject is None else Binary("=", subject, when), then) for when, then in whens
        ]
        branches = [(self.compile(c, scope), self.compile(t, scope)) for c, t in conditions]
        last = self.compile(otherwise, scope)

        def choose(e: Environment, r: Any) -> Any:  # noqa: ANN401 (any value)
            for condition, then in branches:
                if condition(e, r):
                    return then(e, r)
            return last(e, r)

        return choose

    def _call(self, call: Call, scope: Scope) -> Compiled:
        if call.name in AGGREGATES and scope.grouped is not None:
            scope.grouped.append(call)
            index = len(scope.grouped) - 1
            return lambda e, _r: e[-1][GROUP][index]
        arguments = [self.compile(argument, scope) for argument in call.arguments]
        if call.name == "coalesce":
            return lambda e, r: next((v for a in arguments if (v := a(e, r)) is not None), None)
        if call.name == "scalar":
            rows = arguments[0]
            return lambda e, r: found[0] if (found := rows(e, r)) else None
        if call.name == "array":
            return lambda e, r: [argument(e, r) for argument in arguments]
        function = self._functions.get(call.name)
        if function is None:
            raise NotSimulatedError(f"the function {call.name}", call.name)
        return lambda e, r: function(r, *(argument(e, r) for argument in arguments))

    def aggregate(self, call: Call, scope: Scope) -> Callable[[list[Environment], Any], Any]:
        """Make a function of all environments of a group."""
        value = self.compile(call.arguments[0], scope)
        kept = None if call.only_if is None else self.compile(call.only_if, scope)

        def over(group: list[Environment], r: Any) -> Any:  # noqa: ANN401 (any value)
            values = [value(e, r) for e in group if kept is None or kept(e, r)]
            values = [each for each in values if each is not None]
            return aggregated(call.name, values)

        return over


def _constants(array: Expr) -> frozenset[Any] | None:
    """Return the values of an array in which each is a constant, and none is NULL."""
    if not isinstance(array, Call) or array.name != "array":
        return None
    values = [each.value for each in array.arguments if isinstance(each, Literal)]
    if len(values) < len(array.arguments) or None in values:
        return None
    return frozenset(values)


def _column(index: int, name: str) -> Compiled:
    return lambda e, _r: e[index][name]


def _and(left: Compiled, right: Compiled) -> Compiled:
    def both(e: Environment, r: Any) -> Any:  # noqa: ANN401 (true, false or null)
        one = left(e, r)
        if one is False:
            return False
        other = right(e, r)
        return other if one is not None or other is False else None

    return both


def _or(left: Compiled, right: Compiled) -> Compiled:
    def either(e: Environment, r: Any) -> Any:  # noqa: ANN401 (true, false or null)
        one = left(e, r)
        if one is True:
            return True
        other = right(e, r)
        return other if one is not None or other is True else None

    return either


def _strict(function: Function, left: Compiled, right: Compiled) -> Compiled:
    def apply(e: Environment, r: Any) -> Any:  # noqa: ANN401 (any value)
        one = left(e, r)
        if one is None:
            return None
        other = right(e, r)
        return None if other is None else function(one, other)

    return apply
