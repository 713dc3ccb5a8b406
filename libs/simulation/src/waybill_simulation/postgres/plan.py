"""The plans of statements.

A plan runs as a coroutine that suspends only where PostgreSQL waits for another transaction's lock.
A statement reads the data as of its beginning. A row whose lock it waited for is evaluated again in
its newest version (READ COMMITTED). A statement does not see its own writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from waybill_simulation.postgres.compile import Scope
from waybill_simulation.postgres.functions import Function
from waybill_simulation.postgres.plan_select import SelectPlanner
from waybill_simulation.postgres.plan_write import WritePlanner
from waybill_simulation.postgres.relations import Relations
from waybill_simulation.postgres.run import Record, Rows, Run
from waybill_simulation.postgres.select_step import LockTableStep, ReadStep
from waybill_simulation.postgres.syntax import (
    Delete,
    Insert,
    LockTable,
    Query,
    Select,
    Statement,
    Update,
)
from waybill_simulation.postgres.tables import TableSchema

_TAGS: Final = {"INSERT": "INSERT 0 {}", "LOCK TABLE": "LOCK TABLE"}


class Step(Protocol):
    @property
    def verb(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    async def run(self, run: Run) -> tuple[int, Rows]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement that can be run.

    PostgreSQL runs a WITH query when its rows are read. Data-modifying ones that are not read
    run after the main query, the last one first.
    """

    before: tuple[tuple[str, Step], ...]
    main: Step
    after: tuple[tuple[str, Step], ...]
    record: type[Record]

    async def run(self, run: Run) -> tuple[str, list[Record]]:
        """Return the command tag and the rows."""
        for name, step in self.before:
            await _run_cte(name, step, run)
        count, rows = await self.main.run(run)
        for name, step in self.after:
            await _run_cte(name, step, run)
        tag = _TAGS.get(self.main.verb, f"{self.main.verb} {{}}").format(count)
        has_rows = self.main.names or self.main.verb == "SELECT"
        return tag, [self.record(row) for row in rows] if has_rows else []


async def _run_cte(name: str, step: Step, run: Run) -> None:
    _, rows = await step.run(run)
    run.ctes[name] = [dict(zip(step.names, row, strict=True)) for row in rows]


class Planner:
    """Plans statements for the tables of one database."""

    def __init__(
        self,
        tables: Mapping[str, TableSchema],
        functions: dict[str, Function],
    ) -> None:
        self._tables = tables
        self._functions = functions

    def plan(self, statement: Statement) -> Plan:
        """Compile. Raises NotSimulatedError for what is not simulated."""
        steps: dict[str, Step] = {}
        reads: dict[str, list[str]] = {}
        for name, query in statement.ctes:
            steps[name], reads[name] = self._step(query, steps)
        main, wanted = self._step(statement.main, steps)
        before = _in_order(wanted, reads, ())
        writing = [name for name in reversed(steps) if steps[name].verb != "SELECT"]
        after = _in_order(writing, reads, before)
        index = {name: number for number, name in enumerate(main.names)}
        record = type("Record", (Record,), {"__slots__": (), "numbers": index})
        return Plan(
            tuple((name, steps[name]) for name in before),
            main,
            tuple((name, steps[name]) for name in after),
            record,
        )

    def _step(self, query: Query, before: Mapping[str, Step]) -> tuple[Step, list[str]]:
        """Plan a query; return it with the names of the WITH queries that it reads."""
        relations = Relations(self._tables, {name: step.names for name, step in before.items()})
        queries = SelectPlanner(relations, self._functions)
        step = _planned(query, queries)
        return step, [name for name in queries.from_clause.reads if name in before]


def _planned(query: Query, queries: SelectPlanner) -> Step:
    match query:
        case Select():
            advisory_lock = queries.advisory_lock(query)
            return advisory_lock or ReadStep(queries.before, queries.plan(query, Scope(())))
        case Insert():
            return WritePlanner(queries).insert(query)
        case Update():
            return WritePlanner(queries).update(query)
        case Delete():
            return WritePlanner(queries).delete(query)
        case LockTable(table):
            return LockTableStep(queries.relations.table(table).name)


def _in_order(
    wanted: Sequence[str], reads: dict[str, list[str]], done: Sequence[str]
) -> tuple[str, ...]:
    """Return the WITH queries that are used, each after those that it reads."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in done and name not in order:
            for each in reads[name]:
                add(each)
            order[name] = None

    for name in wanted:
        add(name)
    return tuple(order)
