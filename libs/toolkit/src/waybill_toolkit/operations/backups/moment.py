"""One moment of several databases: snapshots between which no event has taken effect.

    lock the inbox of every database     running batches end, the next ones wait
    take a snapshot of every database
    unlock                               some milliseconds later

An event that has taken effect in a snapshot did so before the last inbox was locked. Its sender had
committed it before that, so the sender's snapshot has it. Requests never wait, and nothing has to
be on the same server. https://www.postgresql.org/docs/current/functions-admin.html (snapshots)
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

CONNECT_SECONDS: Final = 10.0

# A batch that waits longer than usual, or a migration, must not make all others wait behind this.
_LOCK: Final = """
    BEGIN;
    SET LOCAL lock_timeout = '5s';
    LOCK TABLE inbox, dead_letters IN SHARE MODE
"""
_BEGIN: Final = """
    SET idle_in_transaction_session_timeout = 0;
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
"""


@asynccontextmanager
async def one_moment(databases: Mapping[str, str]) -> AsyncIterator[dict[str, str]]:
    """Yield the ids of snapshots by database, which other sessions can use during the block.

    `databases` are addresses. Raises OSError or asyncpg's errors; LockNotAvailableError when an
    inbox cannot be locked within 5 s.
    """
    async with AsyncExitStack() as held:
        snapshots = {name: await _connected(held, url) for name, url in databases.items()}
        async with AsyncExitStack() as barrier:
            for url in databases.values():
                await (await _connected(barrier, url)).execute(_LOCK)
            for connection in snapshots.values():
                await connection.execute(_BEGIN)
            ids = {
                name: str(await connection.fetchval("SELECT pg_export_snapshot()"))
                for name, connection in snapshots.items()
            }
        yield ids


async def _connected(stack: AsyncExitStack, url: str) -> "RawConnection":
    """Connect until the end of the stack, which ends the transaction and its locks, too."""
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    stack.push_async_callback(connection.close)
    return connection
