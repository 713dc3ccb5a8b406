"""The tables and WITH queries that a statement can name, and their columns."""

from collections.abc import Iterable, Mapping, Sequence

from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.syntax import Column, Insert, Source, Target
from waybill_simulation.postgres.tables import ROW, TableSchema


class Relations:
    """The tables of the database, and the preceding WITH queries."""

    def __init__(
        self, tables: Mapping[str, TableSchema], queries: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._tables = tables
        self._queries = queries

    def table(self, name: str) -> TableSchema:
        """Return a table that can be written to. Raises NotSimulatedError."""
        if name not in self._tables:
            raise NotSimulatedError(f"the table {name}", name)
        return self._tables[name]

    def columns(self, source: Source) -> tuple[str, ...]:
        """Return the names of a source's columns. Raises NotSimulatedError."""
        if source.table is None:
            return source.columns
        if source.table in self._queries:
            return (*self._queries[source.table], ROW)
        return (*self.table(source.table).columns, ROW)

    def keys(self, source: Source) -> Iterable[tuple[str, ...]]:
        """Return the unique keys of a source; none when it is not a table."""
        if source.table is None or source.table in self._queries:
            return ()
        return self.table(source.table).keys

    def expanded(self, targets: Sequence[Target], sources: Sequence[Source]) -> list[Target]:
        """Expand `*`."""
        whole: list[Target] = []
        for target in targets:
            if target.name is not None:
                whole.append(target)
                continue
            assert isinstance(target.expr, Column)  # noqa: S101 (the parser returns nothing else)
            wanted = target.expr.table
            for source in sources:
                if wanted in (None, source.alias):
                    columns = [name for name in self.columns(source) if name != ROW]
                    whole += [Target(Column(source.alias, name), name) for name in columns]
        return whole

    def check_updated(self, table: str, columns: Sequence[str]) -> None:
        """Refuse an UPDATE of columns that do not exist or are part of a key."""
        schema = self.table(table)
        keys = {name for key in schema.keys for name in key}
        for name in columns:
            if name not in schema.columns:
                raise NotSimulatedError(f"the column {name} of table {table}", name)
            if name in keys:
                raise NotSimulatedError(f"a change of the unique column {table}.{name}", name)

    def inserted_columns(self, query: Insert) -> tuple[str, ...]:
        """Return the columns that an INSERT gives values for."""
        schema = self.table(query.table)
        columns = query.columns or schema.columns
        for name in columns:
            if name not in schema.columns:
                raise NotSimulatedError(f"the column {name} of table {query.table}", name)
            if name == schema.identity and not schema.identity_is_given:
                raise NotSimulatedError(f"a value for the identity {query.table}.{name}", name)
        return columns

    def arbiter(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the key that ON CONFLICT names by its columns; empty for any."""
        schema = self.table(table)
        if schema.partial_keys and not columns:
            raise NotSimulatedError("ON CONFLICT with a partial unique index", "conflict")
        for key in schema.keys:
            if not columns or {*key} == {*columns}:
                return key if columns else ()
        raise NotSimulatedError(f"ON CONFLICT ({', '.join(columns)}), which is no key", columns[0])
