"""Unique keys: finds the row that has a key, and raises the error for a duplicate."""

import asyncpg

from waybill_simulation.postgres.run import Run
from waybill_simulation.postgres.tables import ROW, Slot, Table, Version, Work, key_of


def violation(table: Table, key: tuple[str, ...]) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError(f"{table.name} has this {', '.join(key)}")
    error.table_name, error.constraint_name = table.name, table.schema.keys[key]
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


def has_null(key: tuple[str, ...], version: Version) -> bool:
    return any(version[name] is None for name in key)
