"""The tables of a database, as the catalog of the real PostgreSQL describes them.

Migrations run in the real PostgreSQL; they are not parsed here. Defaults and CHECK
constraints are expressions, in the form that `pg_get_expr` gives them.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

_TABLES: Final = """
    SELECT coalesce(json_agg(json_build_object(
        'name', CASE nspname WHEN 'public' THEN relname ELSE nspname || '.' || relname END,
        'columns', (
            SELECT coalesce(json_agg(json_build_object(
                'name', attname,
                'type', format_type(atttypid, atttypmod),
                'not_null', attnotnull,
                'identity', attidentity,
                'generated', attgenerated,
                'default', CASE attgenerated WHEN '' THEN pg_get_expr(adbin, adrelid) END
            ) ORDER BY attnum), '[]')
            FROM pg_attribute
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        ),
        'keys', (
            SELECT coalesce(json_agg(json_build_object(
                'name', index.relname,
                'columns', (
                    SELECT json_agg(attname ORDER BY place)
                    FROM unnest(indkey::smallint[]) WITH ORDINALITY AS part (number, place)
                    LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = number
                    WHERE place <= indnkeyatts
                ),
                'predicate', pg_get_expr(indpred, indrelid),
                'is_deferrable', NOT indimmediate,
                'nulls_not_distinct', indnullsnotdistinct
            ) ORDER BY indexrelid), '[]')
            FROM pg_index
            JOIN pg_class AS index ON index.oid = indexrelid
            WHERE indrelid = pg_class.oid AND indisunique
        ),
        'checks', (
            SELECT coalesce(json_agg(json_build_object(
                'name', conname, 'expression', pg_get_expr(conbin, conrelid)
            ) ORDER BY conname COLLATE "C"), '[]')
            FROM pg_constraint
            WHERE conrelid = pg_class.oid AND contype = 'c' AND conenforced
        ),
        'triggers', (
            SELECT coalesce(json_agg(tgname ORDER BY tgname), '[]')
            FROM pg_trigger
            WHERE tgrelid = pg_class.oid AND NOT tgisinternal AND tgenabled <> 'D'
        )
    ) ORDER BY nspname, relname), '[]')::text
    FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND relname NOT LIKE 'schema\\_%'
      AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
"""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    not_null: bool
    identity: str
    """`a` for GENERATED ALWAYS, `d` for BY DEFAULT, empty for none."""
    generated: str
    """Not empty for a column that is computed from others."""
    default: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """A unique index, with the constraint of the same name or without one.

    A column of None stands for an expression.
    """

    name: str
    columns: tuple[str | None, ...]
    predicate: str | None
    """The condition of a partial index."""
    is_deferrable: bool
    nulls_not_distinct: bool


@dataclass(frozen=True, slots=True)
class CheckConstraint:
    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """One table. Keys and checks are in the order in which PostgreSQL checks them."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    checks: tuple[CheckConstraint, ...]
    triggers: tuple[str, ...]


class Connection(Protocol):
    """The part of a connection to the real PostgreSQL that is used here."""

    async def fetchval(self, query: str) -> Any: ...  # noqa: ANN401 (as asyncpg)


async def read_tables(connection: Connection) -> str:
    """Describe the tables of a migrated database in JSON, for `tables_of`."""
    described: str = await connection.fetchval(_TABLES)
    return described


def tables_of(described: str) -> list[TableDefinition]:
    """Return what `read_tables` has described."""
    return [_table(**each) for each in json.loads(described)]


def _table(
    name: str,
    columns: list[dict[str, Any]],
    keys: list[dict[str, Any]],
    checks: list[dict[str, str]],
    triggers: list[str],
) -> TableDefinition:
    return TableDefinition(
        name,
        tuple(Column(**each) for each in columns),
        tuple(Key(**{**each, "columns": tuple(each["columns"])}) for each in keys),
        tuple(CheckConstraint(**each) for each in checks),
        tuple(triggers),
    )
