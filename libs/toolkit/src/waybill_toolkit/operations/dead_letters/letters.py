"""The dead letters of all services of a platform."""

import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from waybill.clock import SystemClock
from waybill.kafka.partitions import Partition
from waybill.postgres import Database, DatabaseUnavailableError, Transaction
from waybill.postgres.retention import OUTBOX_RETENTION
from waybill.receiving.dead_letters import (
    DeadLetter,
    discard,
    find_dead_letter,
    list_dead_letters,
    remove,
    retry,
)
from waybill.receiving.unreadable_batches import BATCH_TYPE, offsets_of
from waybill.security_log import record
from waybill.sending.relay_store import clear_batch
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform

LISTED_MAX = 1_000
"""The maximum number in a list; the oldest come first, as they block the others."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and its service."""

    service: str
    letter: DeadLetter

    @property
    def is_batch(self) -> bool:
        """Whether it is a record batch that cannot be read, instead of an event."""
        return self.letter.type == BATCH_TYPE


async def list_letters(platform: Platform, services: Sequence[str]) -> list[Letter]:
    """Return the dead letters of these services, oldest first in each service."""
    found: list[Letter] = []
    for service in services:
        async with _database(platform, service) as database, database.connection() as connection:
            letters = await list_dead_letters(connection, limit=LISTED_MAX)
        found += [Letter(service, letter) for letter in letters]
    return found


async def find_letters(platform: Platform, event_id: UUID) -> list[Letter]:
    """Return the dead letters of an event, which several services may have."""
    found: list[Letter] = []
    for service in platform.databases:
        async with _database(platform, service) as database, database.connection() as connection:
            letter = await find_dead_letter(connection, event_id)
        if letter is not None:
            found.append(Letter(service, letter))
    return found


async def retry_letter(platform: Platform, service: str, event_id: UUID) -> bool:
    """Retry an event with all its attempts; False when it is not a dead letter there."""
    now = SystemClock().now()
    return await _change(platform, service, event_id, "retried", partial(retry, now=now))


async def discard_letter(platform: Platform, service: str, event_id: UUID) -> bool:
    """Discard an event; False when it is not a dead letter there."""
    return await _change(platform, service, event_id, "discarded", discard)


async def publish_again(platform: Platform, found: Letter) -> int:
    """Let the sender of a batch that cannot be read publish its events again; returns how many.

    Then the dead letter is deleted. Returns 0 when no outbox of the platform has the events.
    """
    record = found.letter.record
    partition = Partition(record.topic, record.partition)
    since = SystemClock().now() - OUTBOX_RETENTION
    for sender in platform.databases:
        async with _database(platform, sender) as database, database.connection() as connection:
            count = await clear_batch(connection, partition, *offsets_of(record), since)
        if count:
            async with _database(platform, found.service) as database, database.transaction() as tx:
                await remove(tx, found.letter)
                await _record(tx, found.letter.event_id, "published-again")
            return count
    return 0


async def _change(
    platform: Platform,
    service: str,
    event_id: UUID,
    done: str,
    change: Callable[[Transaction, UUID], Awaitable[bool]],
) -> bool:
    async with _database(platform, service) as database, database.transaction() as tx:
        if not await change(tx, event_id):
            return False
        await _record(tx, event_id, done)
        return True


async def _record(tx: Transaction, event_id: UUID, done: str) -> None:
    """Write to the security log that the operator at this terminal has changed a dead letter."""
    await record(tx, f"dead-letter.{done}", target=str(event_id), actor=_operator())


def _operator() -> str:
    """Return the name by which the operating system knows the operator."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator:{os.getuid()}"


@asynccontextmanager
async def _database(platform: Platform, service: str) -> AsyncIterator[Database]:
    try:
        database = await Database.open(platform.database_url(service), pool_max=1)
    except DatabaseUnavailableError as error:
        raise PlatformError(f"The database of {service} is unavailable: {error}.") from error
    try:
        yield database
    finally:
        await database.close()
