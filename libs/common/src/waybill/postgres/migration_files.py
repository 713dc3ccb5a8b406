"""The files of a series of migrations, and the phase of each.

    -- phase: backfill

A comment of this form in a file says when it runs, and how; without one the phase is `expand`.

    phase      when                                     how
    expand     before the new code serves               one transaction
    index      while it serves, in the background       each statement outside of a transaction
    backfill   while it serves, in the background       one statement, again and again, in batches
    contract   after all of these, in the background    one transaction

A file of `index` builds an index anew when it runs again after a crash: DROP INDEX CONCURRENTLY IF
EXISTS comes before CREATE INDEX CONCURRENTLY. A file of `backfill` is a statement that changes one
batch of rows. Its parameter $1 is the text that it has returned for the batch before, null at
first; it returns null when no row was left.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from typing_extensions import override

_FILE_NAME: Final = re.compile(r"(?P<number>\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql")
_PHASE: Final = re.compile(r"^-- phase: (?P<phase>.*)$", re.MULTILINE)
_COMMENT: Final = re.compile(r"--.*$", re.MULTILINE)
_INDEX_STATEMENT: Final = re.compile(
    r"(?:create(?: unique)?|drop) index concurrently (?:if exists )?(?P<index>[\w.]+)\b.*",
    re.IGNORECASE | re.DOTALL,
)


class MigrationError(Exception):
    """The migration files do not match the database; the message says why."""


class Phase(StrEnum):
    """When a migration runs; see above."""

    EXPAND = "expand"
    INDEX = "index"
    BACKFILL = "backfill"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    series: str
    number: int
    file: str
    sql: str
    phase: Phase

    @property
    def sha256(self) -> str:
        """The checksum of the file."""
        return sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The statements of a file that has no string with a semicolon."""
        parts = (part.strip() for part in _COMMENT.sub("", self.sql).split(";"))
        return [part for part in parts if part]

    @override
    def __str__(self) -> str:
        return f"{self.series}/{self.file}"


def migrations_folder(package_file: str) -> Path:
    """Find a service's migrations, given `__file__` of its package's `__init__` or `app`.

    They are inside the package when it is installed, two levels above it in the source tree.
    Raises MigrationError.
    """
    package = Path(package_file).resolve().parent
    for folder in (package / "migrations", package.parents[1] / "migrations"):
        if folder.is_dir():
            return folder
    raise MigrationError(f"no migrations folder for package {package.name}")


def read_series(folder: Path) -> list[Migration]:
    """Return the files of a folder by number; `orders/migrations` contains the series "orders".

    Raises MigrationError.
    """
    if not folder.is_dir():
        raise MigrationError(f"there is no migrations folder {folder}")
    series = folder.resolve().parent.name
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        name = _FILE_NAME.fullmatch(path.name)
        if name is None:
            raise MigrationError(f"{series}/{path.name} is not named like 0001_what_it_does.sql")
        sql = path.read_text("utf-8")
        phase = _phase_of(f"{series}/{path.name}", sql)
        migration = Migration(series, int(name["number"]), path.name, sql, phase)
        if migration.number in found:
            raise MigrationError(f"{found[migration.number]} and {migration} have the same number")
        _check_form(migration)
        found[migration.number] = migration
    if not found:
        raise MigrationError(f"migrations folder {folder} is empty")
    return [found[number] for number in sorted(found)]


def _phase_of(name: str, sql: str) -> Phase:
    found = [match["phase"].strip() for match in _PHASE.finditer(sql)]
    if len(found) > 1:
        raise MigrationError(f"{name} has more than one phase: make a file of each")
    try:
        return Phase(found[0]) if found else Phase.EXPAND
    except ValueError:
        known = ", ".join(Phase)
        raise MigrationError(f"{name}: there is no phase {found[0]!r}, only {known}") from None


def _check_form(migration: Migration) -> None:
    """Refuse a file that could not run again after a crash."""
    if migration.phase is Phase.INDEX:
        dropped: set[str] = set()
        for statement in migration.statements:
            match = _INDEX_STATEMENT.fullmatch(statement)
            if match is None:
                raise MigrationError(
                    f"{migration} may only have CREATE INDEX CONCURRENTLY name and "
                    "DROP INDEX CONCURRENTLY IF EXISTS name"
                )
            if statement[:4].lower() == "drop":
                dropped.add(match["index"].lower())
            elif match["index"].lower() not in dropped:
                raise MigrationError(
                    f"{migration} needs DROP INDEX CONCURRENTLY IF EXISTS {match['index']} before "
                    "it creates that index: a crash leaves an invalid one"
                )
    if migration.phase is Phase.BACKFILL and (
        len(migration.statements) != 1 or "$1" not in migration.sql
    ):
        raise MigrationError(
            f"{migration} must be one statement that changes the rows behind $1, which it has "
            "returned for the batch before"
        )
