"""Lets a test wait until a service has taken an event, also one that changes nothing."""

import asyncio
from typing import Final
from uuid import UUID

from waybill.postgres.database import connect

SECONDS_MAX: Final = 30.0
"""It takes milliseconds once the service has joined its group, and that takes seconds."""

_TAKEN: Final = "select exists (select from inbox where event_id = $1)"


async def wait_until_consumed(database_url: str, event_id: UUID) -> None:
    """Wait until the inbox of this database has the event; so it has all before it, of its key.

    Raises TimeoutError.
    """
    async with asyncio.timeout(SECONDS_MAX), connect(database_url, name="test") as connection:
        while not await connection.fetchval(_TAKEN, event_id):
            pass
