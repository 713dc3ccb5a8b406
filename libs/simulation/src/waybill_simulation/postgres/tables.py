"""Rows with their versions and locks, as READ COMMITTED wants them.

A row is a `Slot`. It has the versions that were committed, each with the number of its commit, and
at most one transaction that has locked it, with what that one has made of it so far. A version is
a dictionary of columns; under `ROW` it holds its slot.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import asyncpg

from waybill_simulation.postgres.syntax import CreateTable

ROW: Final = "ctid"
Version: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[Version], object]


class Slot:
    """A row: committed versions, and what the transaction that holds it has made of it."""

    __slots__ = ("holder", "locked_at", "pending", "table", "versions")

    def __init__(self, table: "Table") -> None:
        self.table = table
        self.versions: list[tuple[int, Version | None]] = []
        self.holder: Work | None = None
        self.locked_at = 0
        self.pending: list[tuple[int, Version | None]] = []

    def latest(self) -> Version | None:
        """Return the version that was committed last."""
        return self.versions[-1][1] if self.versions else None

    def seen(self, work: "Work", snapshot: int, command: int) -> Version | None:
        """Return the version that a statement sees; not what it has done itself."""
        if self.pending and self.holder is work:
            for made_at, version in reversed(self.pending):
                if made_at < command:
                    return version
        for committed_at, version in reversed(self.versions):
            if committed_at <= snapshot:
                return version
        return None


class Work:
    """One transaction, as far as rows and locks are concerned."""

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


class Table:
    """The rows of one table, and its unique keys."""

    def __init__(
        self, made: CreateTable, checks: list[tuple[str, Check]], defaults: dict[str, Check]
    ) -> None:
        self.made = made
        self.columns = tuple(column.name for column in made.columns)
        self._checks = checks
        self._defaults = defaults
        self._not_null = [c.name for c in made.columns if c.not_null]
        self.identity = next((c.name for c in made.columns if c.identity), None)
        self.number = 0
        self.slots: list[Slot] = []
        self.keys: dict[tuple[str, ...], dict[Any, Slot]] = {key: {} for key in made.unique}
        for column in made.columns:
            defaults.setdefault(column.name, _null)

    def complete(self, values: Version) -> Version:
        """Fill in defaults and the identity, whose numbers are given in the order of asking."""
        whole = {
            name: values[name] if name in values else self._defaults[name](values)
            for name in self.columns
        }
        if self.identity is not None:
            self.number += 1
            whole[self.identity] = self.number
        return whole

    def validate(self, version: Version) -> None:
        """Raise what PostgreSQL raises for a row that breaks a constraint."""
        for name in self._not_null:
            if version[name] is None:
                raise asyncpg.NotNullViolationError(f"{name} of {self.made.name} is null")
        for name, check in self._checks:
            if check(version) is False:
                raise asyncpg.CheckViolationError(f"{self.made.name} breaks {name}")

    def rows(self) -> Iterator[Version]:
        """Give the committed rows; for audits."""
        for slot in self.slots:
            version = slot.latest()
            if version is not None:
                yield version


def key_of(columns: tuple[str, ...], version: Version) -> object:
    """Return what must be unique."""
    if len(columns) == 1:
        return version[columns[0]]
    return tuple(version[name] for name in columns)


def _null(_: Version) -> None:
    return None
