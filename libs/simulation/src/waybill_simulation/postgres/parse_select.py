"""Parses SELECT."""

from functools import partial, reduce
from typing import Final

from typing_extensions import override

from waybill_simulation.postgres.parse_operators import ExpressionParser
from waybill_simulation.postgres.syntax import Binary, Call, Column, Expr, Select, Source, Target

_RESERVED: Final = frozenset(
    """select from where group order limit for on returning union set using with left join inner
    and or not as values then when else end do is in between distinct having offset union intersect
    except fetch window right full cross natural""".split()  # noqa: SIM905 (it is easier to read)
)


class SelectParser(ExpressionParser):
    """Parses queries and their clauses."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self._joined: list[Expr] = []
        """The conditions of the joins that were parsed last."""

    @override
    def select(self) -> Select:
        self._want("select")
        distinct = self.take("distinct")
        none = self._peek().text in ("from", "where")
        targets = () if none else self._list(self.target)
        sources = self.sources() if self.take("from") else ()
        where = self.where()
        group = self._list(self.expr) if self.take("group", "by") else ()
        order = self._list(self._ordering) if self.take("order", "by") else ()
        limit = self.expr() if self.take("limit") else None
        # A row has one holder here: FOR SHARE, too, waits for other readers with FOR SHARE.
        for_update = (
            self.take("for", "update")
            or self.take("for", "no", "key", "update")
            or self.take("for", "share")
        )
        skip = for_update and self.take("skip", "locked")
        return Select(
            targets, sources, where, group, order, limit, distinct, for_update, skip_locked=skip
        )

    def _ordering(self) -> tuple[Expr, bool]:
        expr = self.expr()
        descending = self.take("desc")
        self.take("asc")
        return expr, descending

    def target(self) -> Target:
        if self.take("*"):
            return Target(Column(None, "*"), None)
        if self._peek(1).text == "." and self._peek(2).text == "*":
            table = self._name()
            self._want(".", "*")
            return Target(Column(table, "*"), None)
        expr = self.expr()
        if self.take("as"):
            return Target(expr, self._name())
        match expr:
            case Column(_, name) | Call(name):
                return Target(expr, name)
            case _:
                return Target(expr, "?column?")

    def sources(self) -> tuple[Source, ...]:
        """Parse the items of FROM; `where` returns the conditions of their inner joins, too."""
        sources = [self._source()]
        conditions: list[Expr] = []
        while True:
            if self.take(","):
                sources.append(self._source())
            elif self.take("left", "join"):
                sources.append(self._source(left=True))
            elif self.take("join") or self.take("inner", "join"):
                sources.append(self._source())
                conditions += [self.expr()] if self.take("on") else []
            else:
                self._joined = conditions
                return tuple(sources)

    def _source(self, *, left: bool = False) -> Source:
        table: str | None = None
        arrays: tuple[Expr, ...] = ()
        ordinality = False
        if self.take("unnest", "("):
            arrays = self._list(self.expr)
            self._want(")")
            ordinality = self.take("with", "ordinality")
        else:
            table = self._table_name()
        alias, columns = self._alias(table or "unnest")
        if arrays and not columns:
            # the column of an array is named after its alias
            columns = (alias,) if len(arrays) == 1 else tuple(str(n) for n in range(len(arrays)))
        if ordinality and len(columns) == len(arrays):
            columns = (*columns, "ordinality")
        using = self._names() if self.take("using") else ()
        return Source(table, arrays, alias, columns, left=left, using=using)

    def _alias(self, table: str) -> tuple[str, tuple[str, ...]]:
        alias = table.rsplit(".", 1)[-1]
        token = self._peek()
        if self.take("as") or (token.kind == "word" and token.text not in _RESERVED):
            alias = self._name()
        return alias, self._names() if self._peek().text == "(" else ()

    def where(self) -> Expr | None:
        joined, self._joined = self._joined, []
        conditions = [*joined, *([self.expr()] if self.take("where") else [])]
        return reduce(partial(Binary, "and"), conditions) if conditions else None
