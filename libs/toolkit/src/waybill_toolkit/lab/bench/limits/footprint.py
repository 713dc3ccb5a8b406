"""The rows and events that one order writes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from waybill_toolkit.platform.handle import Platform

# Of the newest completed order. An order of one line writes one row of every other kind.
_ORDER: Final = """
    select saga_id from sagas where direction = 'completed' order by saga_id desc limit 1
"""
_ROWS: Final = {
    "orders": "select count(*) as transitions from saga_transitions where saga_id = $1",
    "payments": """
        select count(distinct entry_id) as ledger_entries,
            count(distinct idempotency_key) as charges
        from payments left join ledger_entries using (payment_id)
            left join sandbox.charges using (payment_id)
        where order_id = $1
    """,
}
_EVENTS: Final = """
    select event_id, topic, key, type, source, payload from outbox
    where key = $1::uuid::text order by position
"""
_RECEIVED: Final = "select count(*) from inbox where event_id = any($1)"


@dataclass(frozen=True, slots=True)
class OneEvent:
    """A published event of the order."""

    event_id: UUID
    topic: str
    key: str
    type: str
    source: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Footprint:
    """The number of rows of each kind (events, received, transitions ...), and the events."""

    rows: Mapping[str, int]
    events: tuple[OneEvent, ...]

    @property
    def payload_bytes(self) -> int:
        """The average size of a payload."""
        return round(sum(len(event.payload) for event in self.events) / len(self.events))


async def footprint(platform: Platform) -> Footprint:
    """Return the footprint of the newest completed order, which must exist."""
    connections = {
        name: await asyncpg.connect(platform.admin_url(name)) for name in platform.databases
    }
    try:
        order_id = await connections["orders"].fetchval(_ORDER)
        rows: Counter[str] = Counter()
        for database, sql in _ROWS.items():
            rows.update(dict((await connections[database].fetch(sql, order_id))[0]))
        events: list[OneEvent] = []
        for connection in connections.values():
            events += [OneEvent(*each) for each in await connection.fetch(_EVENTS, order_id)]
        ids = [event.event_id for event in events]
        for connection in connections.values():
            rows["received"] += int(await connection.fetchval(_RECEIVED, ids))
        rows["events"] = len(events)
    finally:
        for connection in connections.values():
            connection.terminate()
    return Footprint(rows, tuple(events))
