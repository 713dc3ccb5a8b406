"""Fills the databases of a platform with completed orders.

It inserts rows into the services' tables by SQL, because a million orders through the API would
take hours. `waybill audit` passes on these rows.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import asyncpg

from waybill_toolkit.platform.handle import Platform

DATABASES: Final = ("inventory", "orders", "payments")
CHUNK: Final = 20_000  # orders per transaction, which takes some seconds

# "replica": no foreign keys and triggers, as when a dump is restored.
_SETTINGS: Final = """
    select set_config('bulk.total', $1, false), set_config('bulk.now', $2, false),
        set_config('session_replication_role', 'replica', false),
        set_config('synchronous_commit', 'off', false)
"""
_RANGE: Final = "select set_config('bulk.first', $1, false), set_config('bulk.last', $2, false)"


@dataclass(frozen=True, slots=True)
class Bulk:
    """Orders `first` to `last`, both inclusive, of `total`."""

    first: int
    last: int
    total: int

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Yield the range of each transaction."""
        for begin in range(self.first, self.last + 1, CHUNK):
            yield begin, min(begin + CHUNK - 1, self.last)

    @property
    def steps(self) -> int:
        """Return the number of transactions in all databases."""
        return len(list(self.chunks())) * len(DATABASES)


async def load_orders(
    platform: Platform, bulk: Bulk, step: Callable[[], None] = lambda: None
) -> None:
    """Add orders; the articles of "one line" must exist.

    `step` is called after each chunk of each database.
    """
    now = await _midnight(platform)
    await asyncio.gather(
        *(_load(platform.admin_url(each), each, bulk, now, step) for each in DATABASES)
    )


async def _midnight(platform: Platform) -> str:
    """Return the start time of all ids, which must be equal in every database."""
    connection = await asyncpg.connect(platform.admin_url("orders"))
    try:
        return str(await connection.fetchval("select date_trunc('day', now())::text"))
    finally:
        connection.terminate()


async def _load(url: str, database: str, bulk: Bulk, now: str, step: Callable[[], None]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_script("numbers"))
        await connection.fetch(_SETTINGS, str(bulk.total), now)
        for begin, end in bulk.chunks():
            await connection.fetch(_RANGE, str(begin), str(end))
            await connection.execute(_script(database))
            step()
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        connection.terminate()


def _script(name: str) -> str:
    return files("waybill_toolkit.lab.bench.bulk").joinpath(f"{name}.sql").read_text("utf-8")
