"""Executes SELECT: finds, groups, sorts and locks rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from waybill_simulation.postgres.aggregates import group_row
from waybill_simulation.postgres.compile import Compiled, Environment
from waybill_simulation.postgres.nested_loop import NestedLoop
from waybill_simulation.postgres.run import Rows, Run
from waybill_simulation.postgres.tables import ROW, Slot


class LockingPlan(Protocol):
    """A locking query in an expression; it runs before the statement."""

    async def locked(self, run: Run) -> Rows:
        """Take the locks; return the rows."""
        ...


@dataclass(slots=True)
class SelectPlan:
    names: tuple[str, ...]
    reader: NestedLoop
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
    is_unnested: bool = False
    """Whether the only output is an array, whose items are the rows."""

    def rows(self, environment: Environment, run: Run) -> Rows:
        found = self._ordered(environment, run)
        if self.limit is not None and not self.distinct:
            found = found[: self.limit((), run)]
        rows = [tuple([value(e, run) for value in self.values]) for e in found]
        if self.is_unnested:
            rows = [(item,) for [array] in rows for item in array or ()]
        return list(dict.fromkeys(rows)) if self.distinct else rows

    async def locked(self, run: Run) -> Rows:
        if not self.for_update:
            return self.rows((), run)
        limit = None if self.limit is None else self.limit((), run)
        rows: Rows = []
        for environment in self._ordered((), run):
            if limit is not None and len(rows) >= limit:
                break
            fresh = await lock_row(self.reader, environment, run, skip=self.skip_locked)
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


async def lock_row(
    reader: NestedLoop, environment: Environment, run: Run, *, skip: bool = False
) -> Environment | None:
    """Lock the last row of an environment; return None when it no longer matches."""
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
    return fresh if reader.recheck(fresh, run) else None


@dataclass(slots=True)
class AdvisoryLockStep:
    arguments: list[Compiled]
    verb: str = "SELECT"
    names: tuple[str, ...] = ("pg_advisory_xact_lock",)

    async def run(self, run: Run) -> tuple[int, Rows]:
        key = tuple(argument((), run) for argument in self.arguments)
        await run.session.lock_advisory(run.work, key)
        return 1, [("",)]

    async def locked(self, run: Run) -> Rows:
        _, rows = await self.run(run)
        return rows


@dataclass(slots=True)
class LockTableStep:
    """Waits for others who lock the table so; not for those who only write to it."""

    table: str
    verb: str = "LOCK TABLE"
    names: tuple[str, ...] = ()

    async def run(self, run: Run) -> tuple[int, Rows]:
        await run.session.lock_advisory(run.work, ("table", self.table))
        return 0, []


@dataclass(slots=True)
class ReadStep:
    before: list[LockingPlan]
    select: SelectPlan
    verb: str = "SELECT"

    @property
    def names(self) -> tuple[str, ...]:
        return self.select.names

    async def run(self, run: Run) -> tuple[int, Rows]:
        if self.before:
            run.before = [await each.locked(run) for each in self.before]
        rows = await self.select.locked(run)
        return len(rows), rows
