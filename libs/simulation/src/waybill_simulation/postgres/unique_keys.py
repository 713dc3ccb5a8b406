"""Unique keys: finds the row that has a key, and raises the error for a duplicate."""

import asyncpg

from waybill_simulation.postgres.run import Run
from waybill_simulation.postgres.tables import (
    ROW,
    PartialKey,
    Slot,
    Table,
    Version,
    Work,
    key_of,
)


def violation(table: Table, key: tuple[str, ...]) -> asyncpg.UniqueViolationError:
    return _violation(table, key, table.schema.keys[key])


def _violation(table: Table, key: tuple[str, ...], name: str) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError(f"{table.name} has this {', '.join(key)}")
    error.table_name, error.constraint_name = table.name, name
    return error


def place(table: Table, whole: Version, run: Run) -> Version:
    """Insert a row into its table and into the indexes of its keys."""
    slot = Slot(table)
    whole[ROW] = slot
    slot.holder, slot.locked_at = run.work, run.command
    slot.pending.append((run.command, whole))
    run.work.slots.append(slot)
    table.slots.append(slot)
    for key, index in table.keys.items():
        if key not in table.distinct_nulls or not has_null(key, whole):
            index[key_of(key, whole)] = slot
    return whole


def find_conflict(table: Table, whole: Version, work: Work) -> tuple[tuple[str, ...], Slot] | None:
    """Find a row with the same key, committed or of a running transaction."""
    for key, index in table.keys.items():
        slot = index.get(key_of(key, whole))
        if slot is None or (key in table.distinct_nulls and has_null(key, whole)):
            continue
        if slot.holder is work and slot.pending:
            is_free = slot.pending[-1][1] is None
        else:
            is_free = not slot.pending and slot.latest() is None
        if not is_free:
            return key, slot
    return None


async def check_partial_keys(table: Table, whole: Version, run: Run, own: Slot | None) -> None:
    """Raise PostgreSQL's error when another row has a key of a partial index; wait for its writer.

    `own` is the row that changes. There is no index: all rows are read.
    """
    for key in table.partial_keys:
        if not key.covers(whole, run):
            continue
        wanted = key_of(key.columns, whole)
        while slot := _same_partial(table, key, wanted, run, own):
            if slot.holder in (None, run.work) or not slot.pending:
                raise _violation(table, key.columns, key.name)
            await run.locks.wait(run.work, slot.holder)


def _same_partial(
    table: Table, key: PartialKey, wanted: object, run: Run, own: Slot | None
) -> Slot | None:
    for slot in table.slots:
        versions = [slot.latest()] if not slot.pending or slot.holder is not run.work else []
        versions += [slot.pending[-1][1]] if slot.pending else []
        for version in versions if slot is not own else ():
            if version and key_of(key.columns, version) == wanted and key.covers(version, run):
                return slot
    return None


def has_null(key: tuple[str, ...], version: Version) -> bool:
    return any(version[name] is None for name in key)
