"""A consistent snapshot of one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg

from waybill_toolkit.operations.audit.extracts import Extract
from waybill_toolkit.operations.audit.store import AuditStore

BATCH_ROWS: Final = 1000
CONNECT_SECONDS: Final = 10.0


class Snapshot:
    """A read-only transaction; all queries see the state at its first statement."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def ask(self, sql: str, at_most: int) -> list[dict[str, Any]]:
        """Return the first rows of a query, with values for JSON."""
        cursor = await self._connection.cursor(sql)
        records = await cursor.fetch(at_most)
        return [{name: _plain(value) for name, value in record.items()} for record in records]

    async def value(self, sql: str) -> float:
        """Return the single number of a query."""
        return float(await self._connection.fetchval(sql))

    async def copy(self, extract: Extract, store: AuditStore, *arguments: object) -> None:
        """Copy an extract into the audit's store in batches."""
        cursor = await self._connection.cursor(extract.select, *arguments)
        while records := await cursor.fetch(BATCH_ROWS):
            store.enter(extract.insert, (tuple(record) for record in records))


@asynccontextmanager
async def look(url: str, grace: timedelta) -> AsyncIterator[Snapshot]:
    """Open a snapshot of a database; queries read `grace` from the setting audit.grace."""
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(
                "select set_config('audit.grace', $1, true)", f"{grace.total_seconds()} s"
            )
            yield Snapshot(connection)
    finally:
        await connection.close()


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return int(value)
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
