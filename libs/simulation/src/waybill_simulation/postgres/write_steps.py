"""Executes INSERT, UPDATE and DELETE."""

from dataclasses import dataclass
from typing import Any

from waybill_simulation.postgres.compile import Compiled, Environment
from waybill_simulation.postgres.nested_loop import NestedLoop
from waybill_simulation.postgres.run import Rows, Run
from waybill_simulation.postgres.select_step import LockingPlan, SelectPlan, lock_row
from waybill_simulation.postgres.tables import ROW, Slot, Table, Version
from waybill_simulation.postgres.unique_keys import (
    check_partial_keys,
    find_conflict,
    place,
    violation,
)


@dataclass(slots=True)
class Returning:
    names: tuple[str, ...]
    values: list[Compiled]

    def row(self, environment: Environment, run: Run) -> tuple[Any, ...]:
        return tuple([value(environment, run) for value in self.values])


@dataclass(slots=True)
class ChangeStep:
    """UPDATE, or DELETE when there is nothing to set."""

    verb: str
    before: list[LockingPlan]
    reader: NestedLoop
    sets: list[tuple[str, Compiled]] | None
    returning: Returning

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
            fresh = await lock_row(self.reader, environment, run)
            if fresh is None:
                continue
            done.add(id(slot))
            after = await self._change(slot, fresh, run)
            rows.append(self.returning.row((*fresh[:-1], after or fresh[-1]), run))
        return len(done), rows

    async def _change(self, slot: Slot, environment: Environment, run: Run) -> Version | None:
        after: Version | None = None
        if self.sets is not None:
            after = dict(environment[-1])
            for name, value in self.sets:
                after[name] = value(environment, run)
            slot.table.validate(after, run)
            if slot.table.partial_keys:
                await check_partial_keys(slot.table, after, run, slot)
        slot.pending.append((run.command, after))
        return after


@dataclass(slots=True)
class InsertStep:
    before: list[LockingPlan]
    table: str
    columns: tuple[str, ...]
    rows: SelectPlan
    conflict: tuple[str, ...] | None
    sets: list[tuple[str, Compiled]]
    where: Compiled | None
    returning: Returning
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
            if table.partial_keys:
                await check_partial_keys(table, whole, run, None)
            other = find_conflict(table, whole, run.work)
            if other is None:
                return place(table, whole, run)
            key, slot = other
            if slot.holder not in (None, run.work) and slot.pending:
                await run.locks.wait(run.work, slot.holder)
                continue
            if self.conflict is None or self.conflict not in ((), key):
                raise violation(table, key)
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
