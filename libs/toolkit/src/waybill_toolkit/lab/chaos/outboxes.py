"""Publishes events of an outbox again, late, or in a different order."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from waybill.events import Envelope, encode_headers
from waybill.kafka.security import KafkaSecurity

AGAIN_MAX: Final = 500
"""Number of events to publish again: some seconds of load."""

_SEND_SECONDS: Final = 5.0

_FORGET: Final = """
    update outbox set partition = null, "offset" = null
    where position > (select max(position) from outbox) - $1
"""
_RELAY: Final = """
    select pid, (classid::bigint << 32) | objid::bigint as lock
    from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and application_name = 'waybill relay'
        and pg_locks.database = (select oid from pg_database where datname = current_database())
"""
_WAITING: Final = """
    select event_id, topic, key, type, source, time, traceparent, payload, actor
    from outbox where "offset" is null order by position limit $1
"""


async def publish_again(database_url: str) -> None:
    """Mark the last events as unpublished, so that the relay publishes them again."""
    connection = await asyncpg.connect(database_url, timeout=_SEND_SECONDS)
    try:
        await connection.execute(_FORGET, AGAIN_MAX)
    finally:
        await connection.close()


@asynccontextmanager
async def relay_held(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Hold the leader lock of a database's relays, so that none of them publishes."""
    connection = await asyncpg.connect(database_url, timeout=_SEND_SECONDS)
    try:
        relay = await connection.fetchrow(_RELAY)
        if relay is None:
            raise LookupError("no relay is the leader at the moment")
        await connection.execute("select pg_terminate_backend($1)", relay["pid"])
        async with asyncio.timeout(_SEND_SECONDS):
            await connection.execute("select pg_advisory_lock($1)", relay["lock"])
        yield connection
    finally:
        await connection.close()


async def publish_shuffled(
    connection: "asyncpg.Connection[asyncpg.Record]",
    bootstrap_servers: str,
    security: KafkaSecurity,
    chance: random.Random,
) -> int:
    """Publish the pending events in random order without marking them as published."""
    rows = list(await connection.fetch(_WAITING, AGAIN_MAX))
    chance.shuffle(rows)
    async with asyncio.timeout(_SEND_SECONDS):
        async with AIOKafkaProducer(
            bootstrap_servers=bootstrap_servers, **security.arguments()
        ) as producer:
            for row in rows:
                await producer.send_and_wait(
                    row["topic"],
                    row["payload"],
                    key=row["key"].encode(),
                    headers=encode_headers(_envelope(row)),
                )
    return len(rows)


def _envelope(row: asyncpg.Record) -> Envelope:
    return Envelope(
        id=row["event_id"],
        type=row["type"],
        source=row["source"],
        time=row["time"],
        traceparent=row["traceparent"],
        actor=row["actor"],
    )
