"""Rows with their versions and locks, for READ COMMITTED.

A row is a `Slot`. It has its committed versions, each with the number of its commit, and at most
one transaction that holds its lock, with the uncommitted version. A version is a dictionary of
columns; the key `ROW` has its slot.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg

ROW: Final = "ctid"
Version: TypeAlias = dict[str, Any]
Compiled: TypeAlias = Callable[[Any, Any], Any]


class Slot:
    """A row: its committed versions, and the version of the transaction that holds its lock."""

    __slots__ = ("holder", "locked_at", "pending", "table", "versions")

    def __init__(self, table: "Table") -> None:
        self.table = table
        self.versions: list[tuple[int, Version | None]] = []
        self.holder: Work | None = None
        self.locked_at = 0
        self.pending: list[tuple[int, Version | None]] = []

    def latest(self) -> Version | None:
        """Return the last committed version."""
        return self.versions[-1][1] if self.versions else None

    def seen(self, work: "Work", snapshot: int, command: int) -> Version | None:
        """Return the version that a statement sees, without its own changes."""
        if self.pending and self.holder is work:
            for made_at, version in reversed(self.pending):
                if made_at < command:
                    return version
        for committed_at, version in reversed(self.versions):
            if committed_at <= snapshot:
                return version
        return None


class Work:
    """The row changes and the locks of one transaction."""

    __slots__ = (
        "ended",
        "failed",
        "is_block",
        "locks",
        "savepoint",
        "slots",
        "waiters",
        "waits_for",
    )

    def __init__(self, *, is_block: bool) -> None:
        self.is_block = is_block
        self.failed = False
        self.ended = False
        self.slots: list[Slot] = []
        self.locks: list[object] = []
        self.savepoint = 0
        self.waits_for: Work | None = None
        self.waiters: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class PartialKey:
    """A unique index over the rows that satisfy its predicate."""

    name: str
    columns: tuple[str, ...]
    predicate: Compiled
    distinct_nulls: bool

    def covers(self, version: Version, run: object) -> bool:
        """Return whether no other row may have the values of this one."""
        if self.distinct_nulls and any(version[name] is None for name in self.columns):
            return False
        return self.predicate((version,), run) is True


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The constraints of a table."""

    name: str
    columns: tuple[str, ...]
    not_null: tuple[str, ...]
    identity: str | None
    identity_is_given: bool
    """Whether an INSERT may set the identity column."""
    defaults: Mapping[str, Compiled]
    lengths: tuple[tuple[str, int], ...]
    """The maximum length of each column."""
    keys: Mapping[tuple[str, ...], str]
    """The names of unique indexes, the first one first."""
    distinct_nulls: frozenset[tuple[str, ...]]
    """The keys with NULLS DISTINCT."""
    checks: tuple[tuple[str, Compiled], ...]
    partial_keys: tuple[PartialKey, ...] = ()


class Table:
    """The rows of one table, and its unique keys."""

    def __init__(self, schema: TableSchema) -> None:
        self.schema = schema
        self.name = schema.name
        self.columns = schema.columns
        self._defaults = [(name, schema.defaults.get(name, _null)) for name in schema.columns]
        self._checks = schema.checks
        self._lengths = schema.lengths
        self._not_null = schema.not_null
        self._identity = schema.identity
        self.number = 0
        self.slots: list[Slot] = []
        self.keys: dict[tuple[str, ...], dict[Any, Slot]] = {key: {} for key in schema.keys}
        self.distinct_nulls = schema.distinct_nulls
        self.partial_keys = schema.partial_keys

    def complete(self, values: Version, run: object) -> Version:
        """Fill in defaults and the identity, whose numbers ascend in the order of assignment."""
        whole = {
            name: values[name] if name in values else default((), run)
            for name, default in self._defaults
        }
        if self._identity is not None and self._identity not in values:
            self.number += 1
            whole[self._identity] = self.number
        return whole

    def validate(self, version: Version, run: object) -> None:
        """Raise PostgreSQL's error for a row that violates a constraint."""
        for name, most in self._lengths:
            if version[name] is not None and len(version[name]) > most:
                raise asyncpg.StringDataRightTruncationError(
                    f"value too long for type character varying({most})"
                )
        for name in self._not_null:
            if version[name] is None:
                null = asyncpg.NotNullViolationError(f"{name} of {self.name} is null")
                null.table_name, null.column_name = self.name, name
                raise null
        for name, check in self._checks:
            if check((version,), run) is False:
                broken = asyncpg.CheckViolationError(f"{self.name} breaks {name}")
                broken.table_name, broken.constraint_name = self.name, name
                raise broken

    def rows(self) -> Iterator[Version]:
        """Return the committed rows, for audits."""
        for slot in self.slots:
            version = slot.latest()
            if version is not None:
                yield version


def key_of(columns: tuple[str, ...], version: Version) -> object:
    """Return the value of a key."""
    if len(columns) == 1:
        return version[columns[0]]
    return tuple(version[name] for name in columns)


def _null(_: object, __: object) -> None:
    return None
