"""Parses SQL: only the part of PostgreSQL's grammar that the services use."""

from waybill_simulation.postgres.parse_select import SelectParser
from waybill_simulation.postgres.syntax import (
    Conflict,
    Delete,
    Expr,
    Insert,
    LockTable,
    Query,
    Select,
    Statement,
    Target,
    Update,
)
from waybill_simulation.postgres.types import SqlType


def parse(sql: str) -> Statement:
    """Parse one statement. Raises NotSimulatedError."""
    reader = _StatementParser(sql)
    statement = reader.statement()
    reader.take(";")
    reader.finished()
    return statement


def parse_expression(text: str) -> Expr:
    """Parse an expression, such as a default or a CHECK constraint. Raises NotSimulatedError."""
    reader = _StatementParser(text)
    expr = reader.expr()
    reader.finished()
    return expr


def parse_type(text: str) -> SqlType:
    """Parse the name of a type. Raises NotSimulatedError."""
    reader = _StatementParser(text)
    found = reader.type()
    reader.finished()
    return found


class _StatementParser(SelectParser):
    """Parses statements."""

    def statement(self) -> Statement:
        ctes: list[tuple[str, Query]] = []
        if self.take("with"):
            ctes = list(self._list(self._cte))
        return Statement(tuple(ctes), self._query())

    def _cte(self) -> tuple[str, Query]:
        name = self._name()
        self._want("as", "(")
        query = self._query()
        self._want(")")
        return name, query

    def _query(self) -> Query:
        if self.take("insert", "into"):
            return self._insert()
        if self.take("update"):
            return self._update()
        if self.take("delete", "from"):
            return self._delete()
        if self.take("lock", "table"):
            return self._lock_table()
        return self.select()

    def _lock_table(self) -> LockTable:
        table = self._table_name()
        self._want("in", "share", "row", "exclusive", "mode")
        return LockTable(table)

    def _insert(self) -> Insert:
        table = self._table_name()
        columns = self._names()
        rows = self._values() if self.take("values") else self.select()
        conflict = self._conflict() if self.take("on", "conflict") else None
        return Insert(table, columns, rows, conflict, self._returning())

    def _values(self) -> Select:
        self._want("(")
        items = self._list(self.expr)
        self._want(")")
        return Select(tuple(Target(item, str(n)) for n, item in enumerate(items)))

    def _conflict(self) -> Conflict:
        columns = self._names() if self._peek().text == "(" else ()
        self._want("do")
        if self.take("nothing"):
            return Conflict(columns, (), None)
        self._want("update", "set")
        return Conflict(columns, self._list(self._set), self.where())

    def _set(self) -> tuple[str, Expr]:
        name = self._name()
        self._want("=")
        return name, self.expr()

    def _update(self) -> Update:
        table = self._table_name()
        self._want("set")
        sets = self._list(self._set)
        sources = self.sources() if self.take("from") else ()
        return Update(table, sets, sources, self.where(), self._returning())

    def _delete(self) -> Delete:
        table = self._table_name()
        sources = self.sources() if self.take("using") else ()
        return Delete(table, sources, self.where(), self._returning())

    def _returning(self) -> tuple[Target, ...]:
        return self._list(self.target) if self.take("returning") else ()
