"""Plans SELECT."""

from collections.abc import Sequence

from waybill_simulation.postgres.aggregates import AGGREGATES
from waybill_simulation.postgres.compile import Compiled, Compiler, Scope
from waybill_simulation.postgres.functions import Function
from waybill_simulation.postgres.plan_from import FromPlanner
from waybill_simulation.postgres.relations import Relations
from waybill_simulation.postgres.select_step import AdvisoryLockStep, LockingPlan, SelectPlan
from waybill_simulation.postgres.syntax import (
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Expr,
    IsNull,
    Not,
    Select,
    Target,
)


class SelectPlanner:
    """Plans the queries of one step, including those in expressions."""

    def __init__(self, relations: Relations, functions: dict[str, Function]) -> None:
        self.relations = relations
        self.compiler = Compiler(self._subselect, functions)
        self.before: list[LockingPlan] = []
        """Locking queries in expressions, which run first."""
        self.from_clause = FromPlanner(relations, self.compiler, self.before)

    def plan(self, select: Select, outer: Scope) -> SelectPlan:
        """Plan a subquery of a query whose scope is `outer`. Raises NotSimulatedError."""
        scope, reading = self.from_clause.plan(select.sources, select.where, outer)
        targets = self.relations.expanded(select.targets, select.sources)
        targets, is_unnested = _unnested(targets, select)
        calls: list[Call] = []
        scope.grouped = calls if select.group or any(map(_aggregates, targets)) else None
        values = [self.compiler.compile(target.expr, scope) for target in targets]
        order = [
            (self._ordering(expr, targets, values, scope), desc) for expr, desc in select.order
        ]
        grouped, scope.grouped = scope.grouped is not None, None
        groups = [self.compiler.compile(expr, scope) for expr in select.group]
        aggregates = [self.compiler.aggregate(call, scope) for call in calls]
        limit = None if select.limit is None else self.compiler.compile(select.limit, Scope(()))
        names = tuple(target.name or "" for target in targets)
        return SelectPlan(
            names, reading, values, order, limit, groups, aggregates, scope.used,
            grouped=grouped, distinct=select.distinct, for_update=select.for_update,
            skip_locked=select.skip_locked, is_unnested=is_unnested,
        )  # fmt: skip

    def _ordering(
        self, expr: Expr, targets: Sequence[Target], values: Sequence[Compiled], scope: Scope
    ) -> Compiled:
        if isinstance(expr, Column) and expr.table is None:
            for target, value in zip(targets, values, strict=True):
                if target.name == expr.name:
                    return value
        return self.compiler.compile(expr, scope)

    def advisory_lock(self, select: Select) -> AdvisoryLockStep | None:
        """Plan a query that only takes an advisory lock."""
        match select:
            case Select(targets=(Target(Call("pg_advisory_xact_lock", arguments)),), sources=()):
                scope = Scope(())
                return AdvisoryLockStep([self.compiler.compile(each, scope) for each in arguments])
            case _:
                return None

    def _subselect(self, select: Select, scope: Scope) -> Function:
        advisory_lock = self.advisory_lock(select)
        if select.for_update or advisory_lock:
            number = len(self.before)
            self.before.append(advisory_lock or self.plan(select, Scope(())))
            return lambda _e, run: [row[0] for row in run.before[number]]
        outer = len(scope.sources)
        inner = self.plan(select, scope)
        scope.used |= {index for index in inner.used if index < outer}
        if len(inner.names) == 1:
            return lambda e, run: [row[0] for row in inner.rows(e, run)]
        return inner.rows


def _unnested(targets: list[Target], select: Select) -> tuple[list[Target], bool]:
    """Return the array of a query whose only output is `unnest(array)`, and True."""
    match targets:
        case [Target(Call("unnest", (array,)), name)] if not (select.order or select.limit):
            return [Target(array, name)], True
        case _:
            return targets, False


def _aggregates(target: Target) -> bool:
    return _has_aggregate(target.expr)


def _has_aggregate(expr: Expr) -> bool:
    match expr:
        case Call(name, arguments):
            return name in AGGREGATES or any(map(_has_aggregate, arguments))
        case Binary(_, left, right):
            return _has_aggregate(left) or _has_aggregate(right)
        case Cast(of) | Not(of) | IsNull(of):
            return _has_aggregate(of)
        case Case(_, whens, otherwise):
            return _has_aggregate(otherwise) or any(_has_aggregate(then) for _, then in whens)
        case _:
            return False
