"""Statements as plans.

A plan runs as a coroutine that stops only where PostgreSQL waits: for another transaction's lock.
Within one statement all is read as of its beginning; a row that had to be waited for is looked at
again as it is then (READ COMMITTED). What the statement writes it does not see itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

import asyncpg
from typing_extensions import override

from waybill_simulation.postgres.compile import (
    AGGREGATES,
    Compiled,
    Compiler,
    Environment,
    Scope,
    group_row,
)
from waybill_simulation.postgres.functions import Function
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.syntax import (
    Among,
    Binary,
    Call,
    Case,
    Column,
    Delete,
    Expr,
    Insert,
    Query,
    Select,
    Source,
    Statement,
    Target,
    Update,
)
from waybill_simulation.postgres.tables import (
    ROW,
    Slot,
    Table,
    TableSchema,
    Version,
    Work,
    key_of,
)

if TYPE_CHECKING:
    from waybill_simulation.postgres.server import Session

Columns: TypeAlias = dict[str, tuple[str, ...]]
"""The columns of each table and WITH query in reach."""


class Locks(Protocol):
    """Where statements wait."""

    async def take(self, work: Work, slot: Slot, command: int, *, skip: bool = False) -> bool:
        """Lock a row; False when it is somebody else's and `skip` is set."""

    async def wait(self, work: Work, holder: Work) -> None:
        """Wait for the end of another transaction. Raises DeadlockDetectedError."""


@dataclass(slots=True)
class Run:
    """One execution of a statement."""

    params: Sequence[Any]
    tables: dict[str, Table]
    locks: Locks
    work: Work
    session: "Session"
    snapshot: int
    command: int
    ctes: dict[str, list[Version]] = field(default_factory=dict)
    before: list[Any] = field(default_factory=list)


class Record(tuple[Any, ...]):
    """A row of a result, by number and by name, as asyncpg gives it."""

    __slots__ = ()
    numbers: ClassVar[dict[str, int]] = {}

    @override
    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.numbers[key] if type(key) is str else key)


Rows: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement that can be run.

    PostgreSQL runs a WITH query when its rows are asked for. The writing ones that nobody has
    asked for run when the main query is done, the last one first.
    """

    before: "tuple[tuple[str, _Step], ...]"
    main: "_Step"
    after: "tuple[tuple[str, _Step], ...]"
    record: type[Record]

    async def run(self, run: Run) -> tuple[str, list[Record]]:
        """Return the command tag and the rows."""
        for name, step in self.before:
            await _run_cte(name, step, run)
        count, rows = await self.main.run(run)
        for name, step in self.after:
            await _run_cte(name, step, run)
        tag = f"INSERT 0 {count}" if self.main.verb == "INSERT" else f"{self.main.verb} {count}"
        has_rows = self.main.names or self.main.verb == "SELECT"
        return tag, [self.record(row) for row in rows] if has_rows else []


async def _run_cte(name: str, step: "_Step", run: Run) -> None:
    _, rows = await step.run(run)
    run.ctes[name] = [dict(zip(step.names, row, strict=True)) for row in rows]


class _Step(Protocol):
    @property
    def verb(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    async def run(self, run: Run) -> tuple[int, Rows]: ...


class Planner:
    """Makes plans for the tables of one database."""

    def __init__(
        self,
        tables: Mapping[str, TableSchema],
        functions: dict[str, Function],
    ) -> None:
        self._tables = tables
        self._functions = functions

    def plan(self, statement: Statement) -> Plan:
        """Compile. Raises NotSimulatedError for what is not known here."""
        reach = {name: table.columns for name, table in self._tables.items()}
        steps: dict[str, _Step] = {}
        reads: dict[str, list[str]] = {}
        for name, query in statement.ctes:
            maker = _Maker(reach, self._tables, self._functions)
            steps[name] = maker.step(query)
            reads[name] = [table for table in maker.reads if table in reads]
            reach[name] = steps[name].names
        maker = _Maker(reach, self._tables, self._functions)
        main = maker.step(statement.main)
        before = _in_order([table for table in maker.reads if table in reads], reads, ())
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


def _in_order(
    wanted: Sequence[str], reads: dict[str, list[str]], done: Sequence[str]
) -> tuple[str, ...]:
    """Give the WITH queries that are wanted, and before each one those that it reads."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in done and name not in order:
            for each in reads[name]:
                add(each)
            order[name] = None

    for name in wanted:
        add(name)
    return tuple(order)


class _Maker:
    """Makes one step."""

    def __init__(
        self,
        reach: Columns,
        tables: Mapping[str, TableSchema],
        functions: dict[str, Function],
    ) -> None:
        self._reach = reach
        self._tables = tables
        self._before: list[_Selecting] = []
        self.reads: list[str] = []
        """The tables and WITH queries that are read, in the order of reading."""
        self.compiler = Compiler(self._subselect, functions)

    def step(self, query: Query) -> _Step:
        match query:
            case Select(targets=(Target(Call("pg_advisory_xact_lock", arguments)),), sources=()):
                scope = Scope(())
                return _Advisory([self.compiler.compile(a, scope) for a in arguments])
            case Select():
                return _Reading(self._before, self._select(query, Scope(())))
            case Insert():
                return self._insert(query)
            case Update():
                return self._update(query)
            case Delete():
                return self._delete(query)

    def _subselect(self, select: Select, scope: Scope) -> Function:
        if select.for_update:
            number = len(self._before)
            self._before.append(self._select(select, Scope(())))
            return lambda _e, run: [row[0] for row in run.before[number]]
        outer = len(scope.sources)
        inner = self._select(select, scope)
        scope.used |= {index for index in inner.used if index < outer}
        if len(inner.names) == 1:
            return lambda e, run: [row[0] for row in inner.rows(e, run)]
        return inner.rows

    def _select(self, select: Select, outer: Scope) -> "_Selecting":
        scope, reading = self._reading(select.sources, select.where, outer)
        targets = self._expanded(select.targets, select.sources)
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
        return _Selecting(
            names, reading, values, order, limit, groups, aggregates, scope.used,
            grouped=grouped, distinct=select.distinct, for_update=select.for_update,
            skip_locked=select.skip_locked,
        )  # fmt: skip

    def _ordering(
        self, expr: Expr, targets: Sequence[Target], values: Sequence[Compiled], scope: Scope
    ) -> Compiled:
        if isinstance(expr, Column) and expr.table is None:
            for target, value in zip(targets, values, strict=True):
                if target.name == expr.name:
                    return value
        return self.compiler.compile(expr, scope)

    def _columns(self, source: Source) -> tuple[str, ...]:
        if source.table is None:
            return source.columns
        if source.table not in self._reach:
            raise NotSimulatedError(f"the table {source.table}", source.table)
        return (*self._reach[source.table], ROW)

    def _expanded(self, targets: Sequence[Target], sources: Sequence[Source]) -> list[Target]:
        whole: list[Target] = []
        for target in targets:
            if target.name is not None:
                whole.append(target)
                continue
            assert isinstance(target.expr, Column)  # noqa: S101 (the parser makes nothing else)
            wanted = target.expr.table
            for source in sources:
                if wanted in (None, source.alias):
                    columns = [name for name in self._columns(source) if name != ROW]
                    whole += [Target(Column(source.alias, name), name) for name in columns]
        return whole

    def _reading(
        self, sources: Sequence[Source], where: Expr | None, outer: Scope
    ) -> tuple[Scope, "_Reader"]:
        scope = Scope(outer.sources)
        levels: list[_Level] = []
        first = len(scope.sources)
        for source in sources:
            if source.table is not None:
                self.reads.append(source.table)
            joins = self._joins(source, scope)
            arrays = [self.compiler.compile(array, scope) for array in source.arrays]
            scope.sources.append((source.alias, self._columns(source)))
            levels.append(_Level(source, arrays, [self.compiler.compile(j, scope) for j in joins]))
        conditions: list[Compiled] = []
        for part in _parts(where):
            kept, scope.used = scope.used, set()
            condition = self.compiler.compile(part, scope)
            at = max((index - first for index in scope.used if index >= first), default=0)
            scope.used |= kept
            conditions.append(condition)
            if levels:
                levels[at].filters.append(condition)
                self._index(levels[at], part, scope, first + at)
        scope.used = {index for index in scope.used if index < first} | scope.used
        return scope, _Reader(levels, conditions)

    def _joins(self, source: Source, scope: Scope) -> list[Expr]:
        joins: list[Expr] = []
        for name in source.using:
            left = scope.sources[scope.find(Column(None, name))][0]
            joins.append(Binary("=", Column(left, name), Column(source.alias, name)))
        return joins

    def _index(self, level: "_Level", part: Expr, scope: Scope, at: int) -> None:
        """Let a level look rows up by a unique column where a condition gives its value."""
        table = level.source.table
        if table is None or table not in self._tables or level.lookup is not None:
            return
        for columns in self._tables[table].keys:
            if len(columns) == 1:
                self._lookup(level, part, scope, at, columns)

    def _lookup(
        self, level: "_Level", part: Expr, scope: Scope, at: int, key: tuple[str, ...]
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
            compiled = self.compiler.compile(value, scope)
            free = all(index < at for index in scope.used) and len(self._before) == before
            scope.used |= kept
            if free:
                level.lookup = (key, compiled, many)
                return

    # writing

    def _table(self, name: str) -> TableSchema:
        if name not in self._tables:
            raise NotSimulatedError(f"the table {name}", name)
        return self._tables[name]

    def _written(self, table: str, columns: Sequence[str]) -> None:
        """Refuse an UPDATE of columns that are not there, or are part of a key."""
        schema = self._table(table)
        keys = {name for key in schema.keys for name in key}
        for name in columns:
            if name not in schema.columns:
                raise NotSimulatedError(f"the column {name} of table {table}", name)
            if name in keys:
                raise NotSimulatedError(f"a change of the unique column {table}.{name}", name)

    def _inserted(self, query: Insert) -> tuple[str, ...]:
        """Return the columns that an INSERT gives values for."""
        schema = self._table(query.table)
        columns = query.columns or schema.columns
        for name in columns:
            if name not in schema.columns:
                raise NotSimulatedError(f"the column {name} of table {query.table}", name)
            if name == schema.identity and not schema.identity_is_given:
                raise NotSimulatedError(f"a value for the identity {query.table}.{name}", name)
        return columns

    def _arbiter(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the key that ON CONFLICT names by its columns; empty for any."""
        for key in self._table(table).keys:
            if not columns or {*key} == {*columns}:
                return key if columns else ()
        raise NotSimulatedError(f"ON CONFLICT ({', '.join(columns)}), which is no key", columns[0])

    def _insert(self, query: Insert) -> _Step:
        columns_given = self._inserted(query)
        rows = self._select(query.rows, Scope(()))
        if len(rows.names) != len(columns_given):
            raise NotSimulatedError(f"an INSERT into {query.table} of {len(rows.names)} values")
        alias = query.table.rsplit(".", 1)[-1]
        columns = (*self._tables[query.table].columns, ROW)
        scope = Scope([("excluded", columns), (alias, columns)])
        conflict = query.conflict
        sets = [(n, self.compiler.compile(e, scope)) for n, e in conflict.sets] if conflict else []
        where = (
            self.compiler.compile(conflict.where, scope) if conflict and conflict.where else None
        )
        returning = self._returning(query.returning, query.table, ())
        if conflict is not None:
            self._written(query.table, [name for name, _ in conflict.sets])
        return _Inserting(
            self._before, query.table, columns_given, rows,
            None if conflict is None else self._arbiter(query.table, conflict.columns),
            sets, where, returning,
        )  # fmt: skip

    def _update(self, query: Update) -> _Step:
        self._written(query.table, [name for name, _ in query.sets])
        alias = query.table.rsplit(".", 1)[-1]
        sources = (*query.sources, Source(query.table, (), alias, ()))
        scope, reader = self._reading(sources, query.where, Scope(()))
        sets = [(name, self.compiler.compile(expr, scope)) for name, expr in query.sets]
        returning = self._returning(query.returning, query.table, query.sources)
        return _Changing("UPDATE", self._before, reader, sets, returning)

    def _delete(self, query: Delete) -> _Step:
        alias = query.table.rsplit(".", 1)[-1]
        sources = (*query.sources, Source(query.table, (), alias, ()))
        _, reader = self._reading(sources, query.where, Scope(()))
        returning = self._returning(query.returning, query.table, query.sources)
        return _Changing("DELETE", self._before, reader, None, returning)

    def _returning(
        self,
        targets: Sequence[Target],
        table: str,
        others: Sequence[Source],
    ) -> "_Returning":
        alias, columns = table.rsplit(".", 1)[-1], (*self._table(table).columns, ROW)
        scope = Scope([*((each.alias, self._columns(each)) for each in others), (alias, columns)])
        targets = self._expanded(targets, [Source(table, (), alias, ()), *others])
        values = [self.compiler.compile(target.expr, scope) for target in targets]
        return _Returning(tuple(target.name or "" for target in targets), values)


def _aggregates(target: Target) -> bool:
    return _has_aggregate(target.expr)


def _has_aggregate(expr: Expr) -> bool:
    match expr:
        case Call(name, arguments):
            return name in AGGREGATES or any(map(_has_aggregate, arguments))
        case Binary(_, left, right):
            return _has_aggregate(left) or _has_aggregate(right)
        case Case(_, whens, otherwise):
            return _has_aggregate(otherwise) or any(_has_aggregate(then) for _, then in whens)
        case _:
            return False


def _parts(where: Expr | None) -> list[Expr]:
    match where:
        case None:
            return []
        case Binary("and", left, right):
            return [*_parts(left), *_parts(right)]
        case _:
            return [where]


@dataclass(slots=True)
class _Level:
    """One source, with the conditions that can be decided when it is joined."""

    source: Source
    arrays: list[Compiled]
    joins: list[Compiled]
    filters: list[Compiled] = field(default_factory=list)
    lookup: tuple[tuple[str, ...], Compiled, bool] | None = None

    def join(self, environments: list[Environment], run: Run) -> list[Environment]:
        found: list[Environment] = []
        rows = (
            None
            if self.lookup and self.source.table not in run.ctes
            else self._all(environments, run)
        )
        if not rows and rows is not None and not self.source.left:
            return found
        conditions = [*self.joins, *self.filters] if self.joins else self.filters
        for environment in environments:
            before = len(found)
            for version in self._some(environment, run) if rows is None else rows:
                joined = (*environment, version)
                for condition in conditions:
                    if not condition(joined, run):
                        break
                else:
                    found.append(joined)
            if self.source.left and len(found) == before:
                found.append((*environment, _NULLS))
        return found

    def _all(self, environments: list[Environment], run: Run) -> list[Version]:
        source = self.source
        if source.table is None:
            arrays = [array(environments[0], run) for array in self.arrays]
            if len(source.columns) > len(arrays):
                arrays.append(range(1, len(arrays[0]) + 1))
            return [
                dict(zip(source.columns, row, strict=True)) for row in zip(*arrays, strict=True)
            ]
        if source.table in run.ctes:
            return run.ctes[source.table]
        work, snapshot, command = run.work, run.snapshot, run.command
        return [
            version
            for slot in run.tables[source.table].slots
            if (version := slot.seen(work, snapshot, command)) is not None
        ]

    def _some(self, environment: Environment, run: Run) -> list[Version]:
        if self.lookup is None or self.source.table is None:
            return []
        key, value, many = self.lookup
        index = run.tables[self.source.table].keys[key]
        wanted = value(environment, run)
        slots = [index.get(each) for each in dict.fromkeys(wanted)] if many else [index.get(wanted)]
        return [
            version
            for slot in slots
            if slot is not None
            and (version := slot.seen(run.work, run.snapshot, run.command)) is not None
        ]


class _Nulls(dict[str, Any]):
    def __missing__(self, _: str) -> None:
        return None


_NULLS: Final = _Nulls()


@dataclass(slots=True)
class _Reader:
    levels: list[_Level]
    conditions: list[Compiled]

    def rows(self, environment: Environment, run: Run) -> list[Environment]:
        environments = [environment]
        for level in self.levels:
            environments = level.join(environments, run)
            if not environments:
                break
        if not self.levels and not all(
            condition(environment, run) for condition in self.conditions
        ):
            return []
        return environments

    def still(self, environment: Environment, run: Run) -> bool:
        """Look again whether a row that was waited for is meant."""
        return all(condition(environment, run) for condition in self.conditions)


@dataclass(slots=True)
class _Selecting:
    names: tuple[str, ...]
    reader: _Reader
    values: list[Compiled]
    order: list[tuple[Compiled, bool]]
    limit: Compiled | None
    groups: list[Compiled]
    aggregates: list[Callable[[list[Environment], Run], Any]]
    used: set[int]
    grouped: bool
    distinct: bool
    for_update: bool
    skip_locked: bool

    def rows(self, environment: Environment, run: Run) -> Rows:
        found = self._ordered(environment, run)
        if self.limit is not None and not self.distinct:
            found = found[: self.limit((), run)]
        rows = [tuple([value(e, run) for value in self.values]) for e in found]
        return list(dict.fromkeys(rows)) if self.distinct else rows

    async def locked(self, run: Run) -> Rows:
        if not self.for_update:
            return self.rows((), run)
        limit = None if self.limit is None else self.limit((), run)
        rows: Rows = []
        for environment in self._ordered((), run):
            if limit is not None and len(rows) >= limit:
                break
            fresh = await _held(self.reader, environment, run, skip=self.skip_locked)
            if fresh is not None:
                rows.append(tuple([value(fresh, run) for value in self.values]))
        return rows

    def _ordered(self, environment: Environment, run: Run) -> list[Environment]:
        found = self.reader.rows(environment, run)
        if self.grouped:
            found = self._grouped(found, run)
        for key, descending in reversed(self.order) if len(found) > 1 else ():
            found = sorted(found, key=lambda e: _sortable(key(e, run)), reverse=descending)
        return found

    def _grouped(self, found: list[Environment], run: Run) -> list[Environment]:
        groups: dict[tuple[Any, ...], list[Environment]] = {} if self.groups else {(): []}
        for environment in found:
            key = tuple([group(environment, run) for group in self.groups])
            groups.setdefault(key, []).append(environment)
        return [
            (
                *(group[0] if group else ()),
                group_row([each(group, run) for each in self.aggregates]),
            )
            for group in groups.values()
        ]


def _sortable(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 (any value; NULL comes last)
    return (value is None, value if value is not None else 0)


async def _held(
    reader: _Reader, environment: Environment, run: Run, *, skip: bool = False
) -> Environment | None:
    """Lock the row that stands last in an environment; None when it is not meant any more."""
    version = environment[-1]
    slot: Slot = version[ROW]
    if not await run.locks.take(run.work, slot, run.command, skip=skip):
        return None
    current = slot.pending[-1][1] if slot.pending else slot.latest()
    if current is version:
        return environment
    if current is None:
        return None
    fresh = (*environment[:-1], current)
    return fresh if reader.still(fresh, run) else None


@dataclass(slots=True)
class _Advisory:
    arguments: list[Compiled]
    verb: str = "SELECT"
    names: tuple[str, ...] = ("pg_advisory_xact_lock",)

    async def run(self, run: Run) -> tuple[int, Rows]:
        key = tuple(argument((), run) for argument in self.arguments)
        await run.session.advisory(run.work, key)
        return 1, [("",)]


@dataclass(slots=True)
class _Reading:
    before: list[_Selecting]
    select: _Selecting
    verb: str = "SELECT"

    @property
    def names(self) -> tuple[str, ...]:
        return self.select.names

    async def run(self, run: Run) -> tuple[int, Rows]:
        if self.before:
            run.before = [await each.locked(run) for each in self.before]
        rows = await self.select.locked(run)
        return len(rows), rows


@dataclass(slots=True)
class _Returning:
    names: tuple[str, ...]
    values: list[Compiled]

    def row(self, environment: Environment, run: Run) -> tuple[Any, ...]:
        return tuple([value(environment, run) for value in self.values])


@dataclass(slots=True)
class _Changing:
    """UPDATE, or DELETE when there is nothing to set."""

    verb: str
    before: list[_Selecting]
    reader: _Reader
    sets: list[tuple[str, Compiled]] | None
    returning: _Returning

    @property
    def names(self) -> tuple[str, ...]:
        return self.returning.names

    async def run(self, run: Run) -> tuple[int, Rows]:
        if self.before:
            run.before = [await each.locked(run) for each in self.before]
        done: set[int] = set()
        rows: Rows = []
        for environment in self.reader.rows((), run):
            slot: Slot = environment[-1][ROW]
            if id(slot) in done:
                continue
            fresh = await _held(self.reader, environment, run)
            if fresh is None:
                continue
            done.add(id(slot))
            after = self._change(slot, fresh, run)
            rows.append(self.returning.row((*fresh[:-1], after or fresh[-1]), run))
        return len(done), rows

    def _change(self, slot: Slot, environment: Environment, run: Run) -> Version | None:
        after: Version | None = None
        if self.sets is not None:
            after = dict(environment[-1])
            for name, value in self.sets:
                after[name] = value(environment, run)
            slot.table.validate(after, run)
        slot.pending.append((run.command, after))
        return after


@dataclass(slots=True)
class _Inserting:
    before: list[_Selecting]
    table: str
    columns: tuple[str, ...]
    rows: _Selecting
    conflict: tuple[str, ...] | None
    sets: list[tuple[str, Compiled]]
    where: Compiled | None
    returning: _Returning
    verb: str = "INSERT"

    @property
    def names(self) -> tuple[str, ...]:
        return self.returning.names

    async def run(self, run: Run) -> tuple[int, Rows]:
        if self.before:
            run.before = [await each.locked(run) for each in self.before]
        table = run.tables[self.table]
        returned: Rows = []
        for values in await self.rows.locked(run):
            whole = table.complete(dict(zip(self.columns, values, strict=True)), run)
            table.validate(whole, run)
            version = await self._insert(table, whole, run)
            if version is not None:
                returned.append(self.returning.row((version,), run))
        return len(returned), returned

    async def _insert(self, table: Table, whole: Version, run: Run) -> Version | None:
        while True:
            other = _taken(table, whole, run.work)
            if other is None:
                return _place(table, whole, run)
            key, slot = other
            if slot.holder not in (None, run.work) and slot.pending:
                await run.locks.wait(run.work, slot.holder)
                continue
            if self.conflict is None or self.conflict not in ((), key):
                raise _violation(table, key)
            return await self._update(slot, whole, run) if self.sets else None

    async def _update(self, slot: Slot, whole: Version, run: Run) -> Version | None:
        await run.locks.take(run.work, slot, run.command)
        current = slot.pending[-1][1] if slot.pending else slot.latest()
        if current is None:
            return None
        environment = (whole, current)
        if self.where is not None and not self.where(environment, run):
            return None
        after = dict(current)
        for name, value in self.sets:
            after[name] = value(environment, run)
        slot.table.validate(after, run)
        slot.pending.append((run.command, after))
        return after


def _violation(table: Table, key: tuple[str, ...]) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError(f"{table.name} has this {', '.join(key)}")
    error.table_name, error.constraint_name = table.name, table.schema.keys[key]
    return error


def _place(table: Table, whole: Version, run: Run) -> Version:
    slot = Slot(table)
    whole[ROW] = slot
    slot.holder, slot.locked_at = run.work, run.command
    slot.pending.append((run.command, whole))
    run.work.slots.append(slot)
    table.slots.append(slot)
    for key, index in table.keys.items():
        if key not in table.distinct_nulls or not _has_null(key, whole):
            index[key_of(key, whole)] = slot
    return whole


def _taken(table: Table, whole: Version, work: Work) -> tuple[tuple[str, ...], Slot] | None:
    """Find a row with the same key: one that is there, or that somebody is about to make."""
    for key, index in table.keys.items():
        slot = index.get(key_of(key, whole))
        if slot is None or (key in table.distinct_nulls and _has_null(key, whole)):
            continue
        if slot.holder is work and slot.pending:
            is_free = slot.pending[-1][1] is None
        else:
            is_free = not slot.pending and slot.latest() is None
        if not is_free:
            return key, slot
    return None


def _has_null(key: tuple[str, ...], version: Version) -> bool:
    return any(version[name] is None for name in key)
