"""What a service has to do, for /metrics: outbox, dead letters, open sagas, consumer lag.

Read when somebody asks, from indexes that contain only open work, and kept for some seconds. What
is counted is bounded: after so many rows the difference does not matter.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, runtime_checkable

import asyncpg

from waybill.metrics import Sample
from waybill.postgres import Connection, Database, DatabaseUnavailableError
from waybill.postgres.metrics import UP
from waybill.receiving.metrics import (
    BROKER_UP,
    DEAD_LETTER_OLDEST,
    DEAD_LETTERS,
    LAG_RECORDS,
    LAG_SECONDS,
    Lag,
)
from waybill.saga.metrics import OLDEST, OPEN, STEPS
from waybill.sending.metrics import OUTBOX, OUTBOX_OLDEST

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
_DEAD_LETTERS: Final = """
    SELECT state, count(*) AS events,
        extract(epoch FROM now() - min(parked_at))::float8 AS seconds
    FROM unnest($2::text[]) AS states (state) CROSS JOIN LATERAL (
        SELECT parked_at FROM dead_letters WHERE state = states.state ORDER BY parked_at LIMIT $1
    ) AS letters
    GROUP BY state
"""
_SAGAS: Final = """
    SELECT definition, version, direction, position, count(*) AS sagas,
        extract(epoch FROM now() - min(updated_at))::float8 AS seconds
    FROM (
        SELECT definition, version, direction, position, updated_at
        FROM sagas WHERE deadline_at IS NOT NULL ORDER BY deadline_at LIMIT $1
    ) AS open
    GROUP BY definition, version, direction, position
"""
STATES: Final = ("retrying", "waiting", "dead", "discarded")
_DISCARDED: Final = "discarded"


@runtime_checkable
class Lagging(Protocol):
    """A background part that reads topics."""

    async def lag(self) -> Lag:
        """Measure the unprocessed records of each topic."""
        ...


class Gauges:
    """Reads the open work of one service."""

    def __init__(self, databases: Sequence[Database], parts: Sequence[object]) -> None:
        """Read open work from the first database, and whether all of them answer."""
        self._databases = databases
        self._consumer = next((each for each in parts if isinstance(each, Lagging)), None)
        self._reading = asyncio.Lock()
        self._read_at = -KEPT_SECONDS
        self._samples: list[Sample] = []

    async def read(self) -> Sequence[Sample]:
        """Return all values. What cannot be read is left out, and its `..._up` is 0."""
        async with self._reading:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                found = await asyncio.gather(self._of_databases(), self._of_broker())
                self._samples = [sample for samples in found for sample in samples]
                self._read_at = time.monotonic()
            return self._samples

    async def _of_databases(self) -> list[Sample]:
        if not self._databases:
            return []
        first, *others = self._databases
        work, *answers = await asyncio.gather(
            _read(first, _work), *(_read(each, _answers) for each in others)
        )
        return [UP.of(bool(work) and all(answers)), *work]

    async def _of_broker(self) -> list[Sample]:
        if self._consumer is None:
            return []
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                lag = await self._consumer.lag()
        except Exception as error:  # noqa: BLE001 (the gateway must not load the client's errors)
            _log.warning("metrics: the broker cannot be read: %s", error)
            return [BROKER_UP.of(_refuses(error))]
        return [
            BROKER_UP.of(1),
            *(LAG_RECORDS.of(records, topic) for topic, records in sorted(lag.records.items())),
            *(LAG_SECONDS.of(seconds, topic) for topic, seconds in sorted(lag.seconds.items())),
        ]


def _refuses(error: Exception) -> bool:
    """Whether a broker that answers has refused to say what it was asked."""
    from waybill.kafka.errors import refusal_of  # noqa: PLC0415 - loads the client

    return refusal_of(error) is not None


async def _read(
    database: Database, query: Callable[[Connection], Awaitable[list[Sample]]]
) -> list[Sample]:
    """Return what a query reads, and nothing when the database does not answer."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS), database.reporting_connection() as connection:
            return await query(connection)
    except (DatabaseUnavailableError, asyncpg.PostgresError, TimeoutError) as error:
        _log.warning("metrics: the database cannot be read: %s", error)
    return []


async def _answers(connection: Connection) -> list[Sample]:
    """Read nothing: the events of the service are in the first database."""
    await connection.execute("SELECT 1")
    return [UP.of(1)]


async def _work(connection: Connection) -> list[Sample]:
    return [
        *_of_outbox(await connection.fetch(_OUTBOX, _COUNT_MAX)),
        *_of_dead_letters(await connection.fetch(_DEAD_LETTERS, _COUNT_MAX, STATES)),
        *_of_sagas(await connection.fetch(_SAGAS, _COUNT_MAX)),
    ]


def _of_outbox(rows: Iterable[asyncpg.Record]) -> Iterator[Sample]:
    for row in rows:
        yield OUTBOX.of(row["events"])
        yield OUTBOX_OLDEST.of(row["seconds"])


def _of_dead_letters(rows: Iterable[asyncpg.Record]) -> Iterator[Sample]:
    counts = {row["state"]: row["events"] for row in rows}
    ages = (row["seconds"] for row in rows if row["state"] != _DISCARDED)
    yield from (DEAD_LETTERS.of(counts.get(state, 0), state) for state in STATES)
    yield DEAD_LETTER_OLDEST.of(max(ages, default=0.0))


def _of_sagas(rows: Iterable[asyncpg.Record]) -> Iterator[Sample]:
    """Count each step, also those at which no saga waits; versions with one name are added."""
    found = {place: (0, 0.0) for each in STEPS.values() for place in each.values()}
    for row in rows:
        names = STEPS.get((row["definition"], row["version"]), {})
        at = (row["direction"], row["position"])
        place = names.get(at, (row["definition"], str(row["position"]), row["direction"]))
        sagas, seconds = found.get(place, (0, 0.0))
        found[place] = (sagas + row["sagas"], max(seconds, row["seconds"]))
    for place, (sagas, seconds) in found.items():
        yield OPEN.of(sagas, *place)
        yield OLDEST.of(seconds, *place)
