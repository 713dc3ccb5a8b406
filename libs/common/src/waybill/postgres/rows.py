"""Conversion between SQL rows and the fields of a class, by name.

    PRICES: Final = Rows(KnownPrice)
    _ADD: Final = PRICES.insert("prices")
    _ALL: Final = PRICES.statement("select {columns} from prices")
    _SET: Final = PRICES.write("update prices ... from {rows} as new ({columns}) where ...")

    await tx.enqueue(*_ADD.bind(prices))
    await tx.enqueue(*_SET.bind(prices))
    prices = [KnownPrice(**PRICES.read(record)) for record in await tx.fetch(_ALL)]

A field is a column of the same name. A field that is added to the class is added to each statement
and its arguments, and two arrays cannot be swapped. The text is built once, at import, from names
in the source code; values are always passed as parameters.
"""

import re
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeVar
from uuid import UUID

import asyncpg

Row = TypeVar("Row")

TYPES: Final[Mapping[type, str]] = {
    UUID: "uuid",
    bool: "boolean",
    bytes: "bytea",
    datetime: "timestamptz",
    int: "bigint",
    str: "text",
}
"""Python type -> PostgreSQL type. An `int` is passed as bigint; an insert narrows it."""

_PARAMETER: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class _Column:
    sql_type: str
    """The PostgreSQL type."""
    enumeration: type[Enum] | None


class RowsWrite(Generic[Row]):
    """A statement that writes rows, and a cheaper text of it for a single row.

    An array of one element has to be encoded and decoded. A single row is passed as plain values
    instead, and its text makes the arrays.
    """

    __slots__ = ("_arrays", "_texts", "_values")

    def __init__(self, rows: "Rows[Row]", text: str) -> None:
        self._arrays = rows.arrays
        self._values = rows.values
        self._texts = rows.statement(text), rows.statement(text, single=True)

    def bind(self, rows: Sequence[Row], *arguments: object) -> tuple[str, *tuple[object, ...]]:
        """Return the text and all its arguments: those of its own parameters, then the rows."""
        many, single = self._texts
        if len(rows) == 1:
            return (single, *(*arguments, *self._values(rows[0])))
        return (many, *(*arguments, *self._arrays(rows)))


class Rows(Generic[Row]):
    """The rows of one dataclass or NamedTuple; its fields in `leave_out` are not columns.

    Creating a NamedTuple is three times as fast as a frozen dataclass: use it for inserted rows.
    """

    def __init__(self, kind: type[Row], *, leave_out: Collection[str] = ()) -> None:
        """Map the fields. Raises TypeError for one that cannot be a column and is not left out."""
        hints = typing.get_type_hints(kind)
        if unknown := sorted(set(leave_out).difference(hints)):
            raise TypeError(f"{kind.__name__} has no field {', '.join(unknown)}")
        self._columns: Final = {
            name: _column(f"{kind.__name__}.{name}", hint)
            for name, hint in hints.items()
            if name not in leave_out
        }
        self._values: Final = [attrgetter(name) for name in self._columns]
        self._enumerations: Final = [
            (name, column.enumeration)
            for name, column in self._columns.items()
            if column.enumeration
        ]

    def statement(self, text: str, *, single: bool = False) -> str:
        """Replace `{columns}` by the names, and `{rows}` by an `unnest` of one array for each.

        The arrays, or the values of the `single` row, are the last parameters: their numbers follow
        those in the text.
        """
        first = 1 + max(map(int, _PARAMETER.findall(text)), default=0)
        array = "array[${}::{}]" if single else "${}::{}[]"
        arrays = ", ".join(
            array.format(number, column.sql_type)
            for number, column in enumerate(self._columns.values(), start=first)
        )
        names = ", ".join(self._columns)
        return text.replace("{columns}", names).replace("{rows}", f"unnest({arrays})")

    def write(self, text: str) -> RowsWrite[Row]:
        """Return the statement with `{columns}` and `{rows}`, which is often run for one row."""
        return RowsWrite(self, text)

    def insert(self, table: str) -> RowsWrite[Row]:
        """Return the statement that inserts rows into a table."""
        text = "insert into {table} ({columns}) select {columns} from {rows} as new ({columns})"
        return self.write(text.replace("{table}", table))

    def arrays(self, rows: Sequence[Row]) -> list[list[Any]]:
        """Return the arguments for `{rows}`, one list for each column."""
        return [list(map(value, rows)) for value in self._values]

    def values(self, row: Row) -> list[Any]:
        """Return the arguments for a single row."""
        return [value(row) for value in self._values]

    def read(self, record: asyncpg.Record) -> dict[str, Any]:
        """Return the fields of the class, from a record that has `{columns}`."""
        found = {name: record[name] for name in self._columns}
        for name, enumeration in self._enumerations:
            if found[name] is not None:
                found[name] = enumeration(found[name])
        return found


def _column(name: str, hint: Any) -> _Column:  # noqa: ANN401 (an annotation)
    """Return the column for a field of this type. Raises TypeError for an unsupported type."""
    kind = _plain(hint)
    bases = kind.__mro__ if isinstance(kind, type) else ()
    sql_type = next((TYPES[base] for base in bases if base in TYPES), None)
    if sql_type is None:
        known = ", ".join(sorted(each.__name__ for each in TYPES))
        raise TypeError(f"{name} has no column type; leave it out, or use one of {known}")
    return _Column(sql_type, kind if issubclass(kind, Enum) else None)


def _plain(hint: Any) -> Any:  # noqa: ANN401 (an annotation)
    """Remove `None` from an annotation, and replace a literal by its type."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        kinds = [each for each in typing.get_args(hint) if each is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else hint
    if typing.get_origin(hint) is Literal:
        return type(typing.get_args(hint)[0])
    return hint
