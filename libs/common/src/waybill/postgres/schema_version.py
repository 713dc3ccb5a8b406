"""Which versions of the code a database goes with.

Each version that starts on a database is recorded there. A version takes over from the release
before it, and works beside that one. It does not take over from an older one, and a version does
not start where a later one has removed what it needs (a step of phase `contract`).
"""

import re
from importlib.metadata import version as installed_version
from typing import Final, NamedTuple

from waybill.postgres.connection import Connection
from waybill.postgres.errors import SchemaRefusedError

UPGRADES_FROM: Final = "0.1.0"
"""The release before this version. `make release` sets it."""

TABLES: Final = """
    CREATE TABLE IF NOT EXISTS schema_versions (
        version text PRIMARY KEY,
        started_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS schema_contracts (
        series text NOT NULL,
        number integer NOT NULL,
        file text NOT NULL,
        works_from text NOT NULL,
        PRIMARY KEY (series, number)
    );
"""
"""The versions that have started here; the steps after which versions below `works_from` fail."""


class Release(NamedTuple):
    """A version of the code, and the release before it."""

    version: str
    upgrades_from: str = UPGRADES_FROM


def this_release() -> Release:
    """Return the version of the installed code."""
    return Release(installed_version("waybill"))


async def refuse_other_versions(connection: Connection, release: Release) -> None:
    """Raise SchemaRefusedError when a release was skipped, or when a later one has contracted."""
    if not await connection.fetchval("SELECT to_regclass('schema_versions') IS NOT NULL"):
        return  # new, or of a time before versions were recorded
    line = line_of(release.version)
    rows = await connection.fetch("SELECT version FROM schema_versions")
    last = max((row["version"] for row in rows), key=_order, default=release.version)
    if line_of(last) < line_of(release.upgrades_from):
        needed = _name(release.upgrades_from)
        raise SchemaRefusedError(
            f"This is version {release.version}, and the database was last used by {last}: upgrade "
            f"to {needed} first, and then to {release.version}"
        )
    rows = await connection.fetch(
        "SELECT series, file, works_from FROM schema_contracts ORDER BY series, number"
    )
    steps = [row for row in rows if line_of(row["works_from"]) > line]
    if steps:
        oldest = max((row["works_from"] for row in steps), key=_order)
        names = ", ".join(f"{row['series']}/{row['file']}" for row in steps)
        raise SchemaRefusedError(
            f"This is version {release.version}, and what it needs was removed from the database "
            f"by {names}: start version {_name(oldest)} or newer, or restore a backup that was "
            f"made before version {last} first"
        )


async def record_start(connection: Connection, release: Release) -> None:
    """Record that this version starts on the database."""
    await connection.execute(
        "INSERT INTO schema_versions (version) VALUES ($1) ON CONFLICT DO NOTHING", release.version
    )


def line_of(version: str) -> tuple[int, int]:
    """Return the first two numbers: versions that differ only in the third are one release."""
    major, minor, _ = _order(version)
    return major, minor


def _order(version: str) -> tuple[int, int, int]:
    major, minor, patch, *_ = map(int, re.findall(r"\d+", version))
    return major, minor, patch


def _name(version: str) -> str:
    major, minor = line_of(version)
    return f"{major}.{minor}"
