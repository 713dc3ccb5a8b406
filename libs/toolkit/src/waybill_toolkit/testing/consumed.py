"""Waits until a service has consumed an event, even one without an effect."""

from functools import partial
from typing import Final
from uuid import UUID

from waybill.postgres import connect
from waybill_toolkit.testing.eventually import eventually

_TAKEN: Final = "select exists (select from inbox where event_id = $1)"


async def wait_until_consumed(database_url: str, event_id: UUID) -> None:
    """Wait until the inbox of this database has the event, and so all earlier ones of its key.

    Raises NotReachedError.
    """
    async with connect(database_url, name="test") as connection:
        await eventually(
            f"the inbox to have event {event_id}",
            partial(connection.fetchval, _TAKEN, event_id),
            bool,
        )
