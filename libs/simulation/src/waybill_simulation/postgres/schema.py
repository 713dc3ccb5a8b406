"""A database's tables and constraints, from the catalog of the real PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from waybill_simulation.postgres.catalog import CheckConstraint, Column, Key, TableDefinition
from waybill_simulation.postgres.compile import Compiled, Compiler, Scope
from waybill_simulation.postgres.functions import FUNCTIONS, Function
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.parse import parse, parse_expression, parse_type
from waybill_simulation.postgres.plan import Plan, Planner
from waybill_simulation.postgres.tables import PartialKey, Table, TableSchema

TRIGGERS_LEFT_OUT: Final = frozenset(
    {
        "posting_sums_to_zero",
        "ledger_is_append_only",
        "security_log_is_kept",
        "security_log_is_only_numbered",
    }
)
"""Ignored: they change no rows, and no service violates them. The invariants check the ledger."""


class Schema:
    """The tables of a database, and the plans of all statements seen so far.

    Raises NotSimulatedError for unsupported features of the tables.
    """

    def __init__(self, definitions: Sequence[TableDefinition]) -> None:
        self._tables = {each.name: _table_schema(each) for each in definitions}
        self._planner = Planner(self._tables, FUNCTIONS)
        self._plans: dict[str, Plan] = {}

    def tables(self) -> dict[str, Table]:
        """Create the empty tables."""
        return {name: Table(schema) for name, schema in self._tables.items()}

    def plan(self, sql: str) -> Plan:
        """Compile a statement, once. Raises NotSimulatedError."""
        plan = self._plans.get(sql)
        if plan is None:
            plan = self._plans[sql] = self._planner.plan(parse(sql))
        return plan


def _table_schema(table: TableDefinition) -> TableSchema:
    for trigger in table.triggers:
        if trigger not in TRIGGERS_LEFT_OUT:
            raise NotSimulatedError(f"the trigger {trigger} on table {table.name}", trigger)
    nullable = {column.name for column in table.columns if not column.not_null}
    keys = {_key_columns(table, key): key for key in table.keys if key.predicate is None}
    compiler = Compiler(_no_subselect, FUNCTIONS)
    columns = tuple(column.name for column in table.columns)
    scope = Scope([(table.name, columns)])
    lengths = {column.name: _length(table, column) for column in table.columns}
    return TableSchema(
        name=table.name,
        columns=columns,
        not_null=tuple(column.name for column in table.columns if column.not_null),
        identity=next((column.name for column in table.columns if column.identity), None),
        identity_is_given={c.name for c in table.columns if c.identity == "d"} != set(),
        defaults={
            column.name: _default(table, column, compiler)
            for column in table.columns
            if column.default is not None
        },
        lengths=tuple((name, length) for name, length in lengths.items() if length is not None),
        keys={columns: key.name for columns, key in keys.items()},
        distinct_nulls=frozenset(
            columns
            for columns, key in keys.items()
            if nullable & {*columns} and not key.nulls_not_distinct
        ),
        checks=tuple((check.name, _check(table, check, compiler, scope)) for check in table.checks),
        partial_keys=tuple(
            _partial_key(table, key, key.predicate, compiler, scope)
            for key in table.keys
            if key.predicate is not None
        ),
    )


def _length(table: TableDefinition, column: Column) -> int | None:
    """Return the maximum length of a column. Raises NotSimulatedError for an unsupported one."""
    if column.generated:
        raise NotSimulatedError(f"the generated column {table.name}.{column.name}", column.name)
    try:
        return parse_type(column.type).length
    except NotSimulatedError as error:
        raise NotSimulatedError(
            f"{error.construct} of column {table.name}.{column.name}", column.name
        ) from error


def _key_columns(table: TableDefinition, key: Key) -> tuple[str, ...]:
    columns = tuple(name for name in key.columns if name is not None)
    if key.is_deferrable or len(columns) < len(key.columns):
        kind = "deferrable" if key.is_deferrable else "expression"
        raise NotSimulatedError(f"the {kind} unique index {key.name} of {table.name}", key.name)
    return columns


def _partial_key(
    table: TableDefinition, key: Key, predicate: str, compiler: Compiler, scope: Scope
) -> PartialKey:
    columns = _key_columns(table, key)
    try:
        compiled = compiler.compile(parse_expression(predicate), scope)
    except NotSimulatedError as error:
        raise NotSimulatedError(
            f"{error.construct} in the unique index {key.name} of {table.name}: {predicate}",
            key.name,
        ) from error
    return PartialKey(key.name, columns, compiled, distinct_nulls=not key.nulls_not_distinct)


def _default(table: TableDefinition, column: Column, compiler: Compiler) -> Compiled:
    try:
        return compiler.compile(parse_expression(column.default or ""), Scope(()))
    except NotSimulatedError as error:
        raise NotSimulatedError(
            f"{error.construct} in DEFAULT {column.default} of {table.name}.{column.name}",
            column.name,
        ) from error


def _check(
    table: TableDefinition, check: CheckConstraint, compiler: Compiler, scope: Scope
) -> Compiled:
    try:
        return compiler.compile(parse_expression(check.expression), scope)
    except NotSimulatedError as error:
        raise NotSimulatedError(
            f"{error.construct} in CHECK constraint {check.name} of {table.name}: "
            f"{check.expression}",
            check.name,
        ) from error


def _no_subselect(*_: object) -> Function:
    raise NotSimulatedError("a query in a constraint", "select")
