"""A backup: a dump of each database, and a file that lists them and is written last.

The keys of people (`data_keys`) are dumped apart. With those of a newer backup, a restored database
has no key of who was erased meanwhile, so what names them stays unreadable.
"""

import asyncio
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from waybill_toolkit.operations.backups import programs
from waybill_toolkit.operations.backups.moment import CONNECT_SECONDS, one_moment
from waybill_toolkit.platform.errors import PlatformError

CONTENTS: Final = "backup.json"
_FORM: Final = 2
"""1: without `keys`, which were in the dumps of the databases."""
_KEYS_TABLE: Final = "data_keys"

_IS_EMPTY: Final = """
    SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""

_HAS_KEYS: Final = f"SELECT to_regclass('public.{_KEYS_TABLE}') IS NOT NULL"

AS_NEW: Final = (
    # The new broker has none of these events. Receivers drop those that they have processed.
    'UPDATE outbox SET published_at = NULL, partition = NULL, "offset" = NULL',
    "DELETE FROM published_logs",
    # They must remember them for as long as the senders can send them again.
    "UPDATE inbox SET received_at = now()",
)
"""What makes the ages of events count from the restore, and not from the backup."""


async def back_up(databases: Mapping[str, str], folder: Path, now: datetime) -> dict[str, Any]:
    """Write a backup of these databases, by name, into a new folder; returns its contents.

    Raises PlatformError.
    """
    _create(folder)
    with _explained():
        program = programs.find("pg_dump", await _major(databases))
        keys = {name for name, url in databases.items() if await _ask(url, _HAS_KEYS)}
        async with one_moment(databases) as snapshots:
            dumps = [
                programs.run(
                    program,
                    databases[name],
                    "--format=custom",
                    "--no-owner",
                    "--no-privileges",
                    f"--snapshot={snapshot}",
                    *options,
                )
                for name, snapshot in snapshots.items()
                for options in _parts(folder, name, has_keys=name in keys)
            ]
            # All of them, so that none still runs when the first has failed.
            for failure in await asyncio.gather(*dumps, return_exceptions=True):
                if failure is not None:
                    raise failure
    contents = {
        "form": _FORM,
        "taken_at": now.isoformat(),
        "databases": {name: _digest(_dump(folder, name)) for name in sorted(databases)},
        "keys": {name: _digest(_keys(folder, name)) for name in sorted(keys)},
    }
    (folder / CONTENTS).write_text(json.dumps(contents, indent=2) + "\n", encoding="ascii")
    return contents


async def restore(
    folder: Path, databases: Mapping[str, str], keys: Path | None = None
) -> dict[str, Any]:
    """Restore a backup into empty databases; returns its contents. Raises PlatformError.

    `keys` is a backup whose keys of people are restored instead of its own.
    """
    contents = _read(folder)
    names: Mapping[str, str] = contents["databases"]
    keys_of = _read_keys(keys or folder, contents.get("keys", ()))
    if missing := sorted(names.keys() - databases.keys()):
        raise PlatformError(f"The address of the database of {', '.join(missing)} is missing.")
    targets = {name: databases[name] for name in names}
    with _explained():
        await _refuse_unless_empty(targets)
        program = programs.find("pg_restore", await _major(targets))
        for name, url in targets.items():
            for dump in (_dump(folder, name), *keys_of.get(name, ())):
                await programs.run(
                    program,
                    url,
                    "--exit-on-error",
                    "--single-transaction",
                    "--no-owner",
                    "--no-privileges",
                    str(dump),
                )
            connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
            async with connection.transaction():
                for statement in AS_NEW:
                    await connection.execute(statement)
            await connection.close()
    return contents


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except asyncpg.LockNotAvailableError:
        raise PlatformError(
            "An inbox could not be locked within 5 s: a batch or a migration takes longer. Retry."
        ) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise PlatformError(f"A database is unavailable: {error}.") from error


def _create(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise PlatformError(f"{folder} exists: give a backup a folder of its own.") from None


async def _major(databases: Mapping[str, str]) -> int:
    """Return the newest version among the servers."""
    majors = set()
    for url in databases.values():
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        majors.add(connection.get_server_version().major)
        await connection.close()
    return max(majors)


async def _ask(url: str, sql: str) -> bool:
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    found = await connection.fetchval(sql)
    await connection.close()
    return bool(found)


async def _refuse_unless_empty(databases: Mapping[str, str]) -> None:
    for name, url in databases.items():
        if not await _ask(url, _IS_EMPTY):
            raise PlatformError(f"The database of {name} is not empty: restore into new databases.")


def _read(folder: Path) -> dict[str, Any]:
    try:
        contents: dict[str, Any] = json.loads((folder / CONTENTS).read_bytes())
    except (OSError, ValueError):
        raise PlatformError(
            f"{folder} is no complete backup: it has no readable {CONTENTS}."
        ) from None
    if contents["form"] > _FORM:
        raise PlatformError(f"{folder} was written by a newer release: restore it with that one.")
    for name, digest in contents["databases"].items():
        _check(_dump(folder, name), digest)
    return contents


def _read_keys(folder: Path, names: Collection[str]) -> dict[str, list[Path]]:
    """Return the dump of the keys of each of these databases. Raises PlatformError."""
    try:
        digests = json.loads((folder / CONTENTS).read_bytes()).get("keys", {}) if names else {}
    except (OSError, ValueError):
        raise PlatformError(f"{folder} has no readable {CONTENTS}.") from None
    for name in names:
        _check(_keys(folder, name), digests.get(name))
    return {name: [_keys(folder, name)] for name in names}


def _check(path: Path, digest: str | None) -> None:
    if not path.is_file() or _digest(path) != digest:
        raise PlatformError(f"{path} is missing or was changed after the backup.")


def _parts(folder: Path, name: str, *, has_keys: bool) -> Iterator[tuple[str, ...]]:
    """Yield the options of each dump of a database."""
    if has_keys:
        yield "--data-only", f"--table={_KEYS_TABLE}", f"--file={_keys(folder, name)}"
    yield f"--exclude-table-data={_KEYS_TABLE}", f"--file={_dump(folder, name)}"


def _dump(folder: Path, name: str) -> Path:
    return folder / f"{name}.dump"


def _keys(folder: Path, name: str) -> Path:
    return folder / f"{name}.keys.dump"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
