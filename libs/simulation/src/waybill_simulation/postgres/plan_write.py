"""Plans INSERT, UPDATE and DELETE."""

from collections.abc import Sequence

from waybill_simulation.postgres.compile import Scope
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.plan_select import SelectPlanner
from waybill_simulation.postgres.syntax import Delete, Insert, Source, Target, Update
from waybill_simulation.postgres.tables import ROW
from waybill_simulation.postgres.write_steps import ChangeStep, InsertStep, Returning


class WritePlanner:
    """Plans data modification; `queries` plans the SELECTs in it."""

    def __init__(self, queries: SelectPlanner) -> None:
        self._queries = queries
        self._relations = queries.relations
        self._compiler = queries.compiler

    def insert(self, query: Insert) -> InsertStep:
        columns_given = self._relations.inserted_columns(query)
        rows = self._queries.plan(query.rows, Scope(()))
        if len(rows.names) != len(columns_given):
            raise NotSimulatedError(f"an INSERT into {query.table} of {len(rows.names)} values")
        alias = query.table.rsplit(".", 1)[-1]
        columns = (*self._relations.table(query.table).columns, ROW)
        scope = Scope([("excluded", columns), (alias, columns)])
        conflict = query.conflict
        sets = [(n, self._compiler.compile(e, scope)) for n, e in conflict.sets] if conflict else []
        where = (
            self._compiler.compile(conflict.where, scope) if conflict and conflict.where else None
        )
        returning = self._returning(query.returning, query.table, ())
        if conflict is not None:
            self._relations.check_updated(query.table, [name for name, _ in conflict.sets])
        return InsertStep(
            self._queries.before, query.table, columns_given, rows,
            None if conflict is None else self._relations.arbiter(query.table, conflict.columns),
            sets, where, returning,
        )  # fmt: skip

    def update(self, query: Update) -> ChangeStep:
        self._relations.check_updated(query.table, [name for name, _ in query.sets])
        alias = query.table.rsplit(".", 1)[-1]
        sources = (*query.sources, Source(query.table, (), alias, ()))
        scope, reader = self._queries.from_clause.plan(sources, query.where, Scope(()))
        sets = [(name, self._compiler.compile(expr, scope)) for name, expr in query.sets]
        returning = self._returning(query.returning, query.table, query.sources)
        return ChangeStep("UPDATE", self._queries.before, reader, sets, returning)

    def delete(self, query: Delete) -> ChangeStep:
        alias = query.table.rsplit(".", 1)[-1]
        sources = (*query.sources, Source(query.table, (), alias, ()))
        _, reader = self._queries.from_clause.plan(sources, query.where, Scope(()))
        returning = self._returning(query.returning, query.table, query.sources)
        return ChangeStep("DELETE", self._queries.before, reader, None, returning)

    def _returning(
        self,
        targets: Sequence[Target],
        table: str,
        others: Sequence[Source],
    ) -> Returning:
        alias, columns = table.rsplit(".", 1)[-1], (*self._relations.table(table).columns, ROW)
        scope = Scope(
            [*((each.alias, self._relations.columns(each)) for each in others), (alias, columns)]
        )
        targets = self._relations.expanded(targets, [Source(table, (), alias, ()), *others])
        values = [self._compiler.compile(target.expr, scope) for target in targets]
        return Returning(tuple(target.name or "" for target in targets), values)
