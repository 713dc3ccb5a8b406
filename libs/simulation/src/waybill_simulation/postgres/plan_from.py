"""Plans FROM and WHERE: where each condition is evaluated, and which rows an index finds."""

from collections.abc import Sequence

from waybill_simulation.postgres.compile import Compiled, Compiler, Scope
from waybill_simulation.postgres.nested_loop import JoinLevel, NestedLoop
from waybill_simulation.postgres.relations import Relations
from waybill_simulation.postgres.select_step import LockingPlan
from waybill_simulation.postgres.syntax import Among, Binary, Column, Expr, Source


class FromPlanner:
    """Plans FROM and WHERE.

    `before` are the locking queries inside of expressions, which run first.
    """

    def __init__(
        self, relations: Relations, compiler: Compiler, before: Sequence[LockingPlan]
    ) -> None:
        self._relations = relations
        self._compiler = compiler
        self._before = before
        self.reads: list[str] = []
        """The tables and WITH queries that are read, in the order of reading."""

    def plan(
        self, sources: Sequence[Source], where: Expr | None, outer: Scope
    ) -> tuple[Scope, "NestedLoop"]:
        scope = Scope(outer.sources)
        levels: list[JoinLevel] = []
        first = len(scope.sources)
        for source in sources:
            if source.table is not None:
                self.reads.append(source.table)
            joins = self._joins(source, scope)
            arrays = [self._compiler.compile(array, scope) for array in source.arrays]
            scope.sources.append((source.alias, self._relations.columns(source)))
            levels.append(
                JoinLevel(source, arrays, [self._compiler.compile(j, scope) for j in joins])
            )
        conditions: list[Compiled] = []
        for part in _parts(where):
            kept, scope.used = scope.used, set()
            condition = self._compiler.compile(part, scope)
            at = max((index - first for index in scope.used if index >= first), default=0)
            scope.used |= kept
            conditions.append(condition)
            if levels:
                levels[at].filters.append(condition)
                self._index(levels[at], part, scope, first + at)
        scope.used = {index for index in scope.used if index < first} | scope.used
        return scope, NestedLoop(levels, conditions)

    def _joins(self, source: Source, scope: Scope) -> list[Expr]:
        joins: list[Expr] = []
        for name in source.using:
            left = scope.sources[scope.find(Column(None, name))][0]
            joins.append(Binary("=", Column(left, name), Column(source.alias, name)))
        return joins

    def _index(self, level: "JoinLevel", part: Expr, scope: Scope, at: int) -> None:
        """Look up rows by a unique column when a condition gives its value."""
        if level.lookup is not None:
            return
        for columns in self._relations.keys(level.source):
            if len(columns) == 1:
                self._lookup(level, part, scope, at, columns)

    def _lookup(
        self, level: "JoinLevel", part: Expr, scope: Scope, at: int, key: tuple[str, ...]
    ) -> None:
        sides: list[tuple[Expr, Expr, bool]] = []
        match part:
            case Binary("=", left, right):
                sides = [(left, right, False), (right, left, False)]
            case Among("=", left, right, every=False):
                sides = [(left, right, True)]
            case _:
                return
        for column, value, many in sides:
            if not isinstance(column, Column) or column.name != key[0] or scope.find(column) != at:
                continue
            kept, scope.used = scope.used, set()
            before = len(self._before)
            compiled = self._compiler.compile(value, scope)
            free = all(index < at for index in scope.used) and len(self._before) == before
            scope.used |= kept
            if free:
                level.lookup = (key, compiled, many)
                return


def _parts(where: Expr | None) -> list[Expr]:
    match where:
        case None:
            return []
        case Binary("and", left, right):
            return [*_parts(left), *_parts(right)]
        case _:
            return [where]
