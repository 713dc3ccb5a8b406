"""Rows go to SQL and come back by the names of the fields of a class.

    PRICES: Final = Rows(KnownPrice)
    _ADD: Final = PRICES.insert("prices")
    _ALL: Final = PRICES.statement("select {columns} from prices")

    await tx.enqueue(_ADD, *PRICES.arrays(prices))
    prices = [KnownPrice(**PRICES.read(record)) for record in await tx.fetch(_ALL)]

A field is a column of the same name. So a field that is added to the class is in each statement and
in its arguments, and no two arrays can change places. The text is made once, at import, from
names in the source alone: values only ever go as parameters.
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
"""Python type -> PostgreSQL's. An `int` goes as the widest one; an insert narrows it."""

_PARAMETER: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class _Column:
    written: str
    """PostgreSQL's type."""
    enumeration: type[Enum] | None


class Rows(Generic[Row]):
    """The rows of one dataclass or NamedTuple; its fields in `leave_out` are no columns.

    A NamedTuple is made three times as fast as a frozen dataclass: for what is only written.
    """

    def __init__(self, kind: type[Row], *, leave_out: Collection[str] = ()) -> None:
        """Look at the fields. Raises TypeError for one that is no column and is not left out."""
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

    def statement(self, text: str) -> str:
        """Fill in `{columns}`, the names, and `{rows}`, an `unnest` of one array for each.

        The arrays are the last parameters: they are numbered on from those in the text.
        """
        first = 1 + max(map(int, _PARAMETER.findall(text)), default=0)
        arrays = ", ".join(
            f"${number}::{column.written}[]"
            for number, column in enumerate(self._columns.values(), start=first)
        )
        names = ", ".join(self._columns)
        return text.replace("{columns}", names).replace("{rows}", f"unnest({arrays})")

    def insert(self, table: str) -> str:
        """Write the statement that puts rows into a table."""
        text = "insert into {table} ({columns}) select {columns} from {rows} as new ({columns})"
        return self.statement(text.replace("{table}", table))

    def arrays(self, rows: Sequence[Row]) -> list[list[Any]]:
        """Give the arguments for `{rows}`, one list for each column."""
        return [list(map(value, rows)) for value in self._values]

    def read(self, record: asyncpg.Record) -> dict[str, Any]:
        """Give the fields of the class, from a record that has `{columns}`."""
        found = {name: record[name] for name in self._columns}
        for name, enumeration in self._enumerations:
            if found[name] is not None:
                found[name] = enumeration(found[name])
        return found


def _column(name: str, hint: Any) -> _Column:  # noqa: ANN401 (an annotation)
    """Say how a field of this type is written. Raises TypeError when it cannot be."""
    kind = _plain(hint)
    bases = kind.__mro__ if isinstance(kind, type) else ()
    written = next((TYPES[base] for base in bases if base in TYPES), None)
    if written is None:
        known = ", ".join(sorted(each.__name__ for each in TYPES))
        raise TypeError(f"{name} is no column; leave it out, or make it one of {known}")
    return _Column(written, kind if issubclass(kind, Enum) else None)


def _plain(hint: Any) -> Any:  # noqa: ANN401 (an annotation)
    """Take `None` off an annotation, and go from literals to what they are of."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        kinds = [each for each in typing.get_args(hint) if each is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else hint
    if typing.get_origin(hint) is Literal:
        return type(typing.get_args(hint)[0])
    return hint
