"""What a service has to do, for /metrics: outbox, dead letters, open sagas, consumer lag.

Read when somebody asks, from indexes that contain only open work, and kept for some seconds.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, runtime_checkable

import asyncpg

from waybill.http.ownership import REFUSALS
from waybill.postgres import Connection, Database, DatabaseUnavailableError

_log: Final = logging.getLogger(__name__)

KEPT_SECONDS: Final = 5.0
"""Prometheus asks every 15 s by default; several of them cost no more than one."""
TIMEOUT_SECONDS: Final = 2.0
_COUNT_MAX: Final = 100_000
"""Counting more takes longer than the difference matters."""

_OUTBOX: Final = """
    SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(time)), 0)::float8 AS seconds
    FROM (SELECT time FROM outbox WHERE "offset" IS NULL ORDER BY position LIMIT $1) AS unpublished
"""
_DEAD_LETTERS: Final = "SELECT state, count(*) AS events FROM dead_letters GROUP BY state"
_SAGAS: Final = """
    SELECT definition, direction, count(*) AS sagas,
        extract(epoch FROM now() - min(updated_at))::float8 AS seconds
    FROM sagas WHERE deadline_at IS NOT NULL GROUP BY definition, direction
"""
STATES: Final = ("retrying", "waiting", "dead", "discarded")


class Gauge(NamedTuple):
    """One value, in the terms of Prometheus."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


@runtime_checkable
class Lagging(Protocol):
    """A background part that reads topics."""

    async def lag(self) -> Mapping[str, int]:
        """Count the unprocessed records of each topic."""
        ...


class Gauges:
    """Reads the gauges of one service."""

    def __init__(self, database: Database | None, parts: Sequence[object]) -> None:
        self._database = database
        self._consumer = next((each for each in parts if isinstance(each, Lagging)), None)
        self._reading = asyncio.Lock()
        self._read_at = -KEPT_SECONDS
        self._gauges: list[Gauge] = []

    async def read(self) -> Sequence[Gauge]:
        """Return all gauges. What cannot be read is left out, and its `..._up` is 0."""
        async with self._reading:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                found = await asyncio.gather(self._of_database(), self._of_broker())
                self._gauges = [gauge for gauges in found for gauge in gauges]
                self._gauges += _of_owners()
                self._read_at = time.monotonic()
            return self._gauges

    async def _of_database(self) -> list[Gauge]:
        if self._database is None:
            return []
        found: list[Gauge] = []
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._database.connection() as connection:
                found = await _work(connection)
        except (DatabaseUnavailableError, asyncpg.PostgresError, TimeoutError) as error:
            _log.warning("metrics: the database cannot be read: %s", error)
        up = Gauge("waybill_database_up", "Whether the database answers.", {}, bool(found))
        return [up, *found]

    async def _of_broker(self) -> list[Gauge]:
        if self._consumer is None:
            return []
        lag: Mapping[str, int] | None = None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                lag = await self._consumer.lag()
        except Exception as error:  # noqa: BLE001 (the gateway must not load the client's errors)
            _log.warning("metrics: the broker cannot be read: %s", error)
        up = Gauge("waybill_broker_up", "Whether the broker answers.", {}, lag is not None)
        meaning = "Records of the topic that this service has not processed."
        return [
            up,
            *(
                Gauge("waybill_consumer_lag_records", meaning, {"topic": topic}, records)
                for topic, records in sorted((lag or {}).items())
            ),
        ]


def _of_owners() -> Iterator[Gauge]:
    meaning = "Requests for a resource of another owner that this process has refused."
    for operation, count in sorted(REFUSALS.items()):
        yield Gauge("waybill_owner_refusals_total", meaning, {"operation": operation}, count)


async def _work(connection: Connection) -> list[Gauge]:
    outbox = await connection.fetchrow(_OUTBOX, _COUNT_MAX)
    letters = {row["state"]: row["events"] for row in await connection.fetch(_DEAD_LETTERS)}
    sagas = await connection.fetch(_SAGAS)
    return [
        *_of_outbox(outbox),
        *(
            Gauge(
                "waybill_dead_letters", "Events set aside.", {"state": state}, letters.get(state, 0)
            )
            for state in STATES
        ),
        *(gauge for row in sagas for gauge in _of_saga(row)),
    ]


def _of_outbox(row: asyncpg.Record | None) -> Iterator[Gauge]:
    if row is not None:
        meaning = f"Events that are not published yet; {_COUNT_MAX} means at least that many."
        yield Gauge("waybill_outbox_events", meaning, {}, row["events"])
        meaning = "Age of the oldest event that is not published yet."
        yield Gauge("waybill_outbox_oldest_seconds", meaning, {}, row["seconds"])


def _of_saga(row: asyncpg.Record) -> Iterator[Gauge]:
    labels = {"definition": row["definition"], "direction": row["direction"]}
    yield Gauge("waybill_sagas_open", "Sagas that have not ended.", labels, row["sagas"])
    meaning = "Time since the last transition of the open saga that has waited longest."
    yield Gauge("waybill_saga_longest_wait_seconds", meaning, labels, row["seconds"])
