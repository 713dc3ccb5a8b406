"""Processes batches of events: each event takes effect once, or is parked with a reason.

    batch ──one transaction──> event handlers, inbox, outbox            (nearly always)
      │ a conflict: an event is a duplicate, or one is parked
      ├──retry, reading the inbox first
      │ fails
      └──one transaction each─> inbox, and event handler or dead letter (one bad event)

Several replicas may process the same event at once. The inbox deduplicates: only one transaction
can insert an event.

A batch is first processed optimistically: as if all events were new and no earlier event of their
keys were parked. The insert into the inbox, at the end, fails when that is wrong. This is not
enough by itself: an event handler may read what the retry of a parked event is about to change, and
that retry may commit before the insert. So the inbox is read first whenever one of our keys may
have a parked event: after an assignment of partitions, a conflict or a parked event, until one read
finds no duplicate and nothing parked. From then on all events of our keys are processed here:
another process that parks one of them has inserted it into the inbox, which is a conflict.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from waybill import logs, trace
from waybill.backoff import Backoff
from waybill.clock import Clock
from waybill.events import PermanentError
from waybill.postgres import (
    ConcurrencyConflictError,
    Database,
    DatabaseUnavailableError,
    Transaction,
)
from waybill.receiving.dead_letters import Parking, describe, park, parked_keys
from waybill.receiving.event_router import Delivery, EventRouter, batches
from waybill.receiving.failures import log_after_commit
from waybill.receiving.inbox import ReceivedEvent, claim_new, has_no_duplicates, mark_processed
from waybill.receiving.measuring import count, count_batch, count_processed
from waybill.receiving.metrics import BATCH_RETRIES, BATCH_SECONDS

_log = logging.getLogger(__name__)

TRANSIENT: Final = (
    DatabaseUnavailableError,
    ConcurrencyConflictError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
)
"""Errors to retry: the database is down, a conflict, a deadlock, or a migration that has just
changed a table."""

CONFLICTS_MAX: Final = 3
"""After so many conflicts the events are processed one by one, which holds fewer locks at once."""

_DEAD_LETTER: Final = "consumer: dead letter %s: %s; see `waybill dead-letters show`"

ATTEMPTS_MAX: Final = 10
RETRY_DELAY_FIRST: Final = timedelta(seconds=1)
"""Doubled after each attempt: ten attempts take about nine minutes, longer than a restart."""


class AbandonedError(Exception):
    """The service stops while the database is down; the batch will be redelivered."""


def retry_delay(attempts: int) -> timedelta:
    """Return the delay after so many attempts."""
    doublings: int = 2 ** (attempts - 1)
    return RETRY_DELAY_FIRST * doublings


class BatchProcessor:
    """Processes batches in one database."""

    def __init__(self, database: Database, event_router: EventRouter, clock: Clock) -> None:
        self._database = database
        self._event_router = event_router
        self._clock = clock
        self._checks_first = True

    def check_first(self) -> None:
        """Read the inbox before the next batch: other partitions have been assigned."""
        self._checks_first = True

    async def process(self, batch: Sequence[Delivery], stop: asyncio.Event) -> None:
        """Process a batch, in order per key. It is committed when this returns.

        Retries while the database is down. Raises AbandonedError when `stop` is set meanwhile.
        """
        backoff = Backoff(_log, "consumer")
        conflicts = 0
        began = time.perf_counter()
        while conflicts < CONFLICTS_MAX:
            try:
                await self._process_batch(batch)
            except ConcurrencyConflictError:
                self._checks_first = True
                BATCH_RETRIES.labels("conflict").inc()
                conflicts += 1  # the other transaction has ended, so retry without a delay
            except TRANSIENT as error:
                BATCH_RETRIES.labels("database").inc()
                conflicts += not isinstance(error, DatabaseUnavailableError)
                await self._wait(backoff, error, stop)
            except Exception as error:  # noqa: BLE001 (processing one by one finds the event)
                BATCH_RETRIES.labels("event").inc()
                _log.info(
                    "consumer: batch of %d failed, retrying one by one: %s",
                    len(batch),
                    describe(error),
                )
                break
            else:
                backoff.reset()
                _log_batch(batch, began)
                return
        self._checks_first = True
        for delivery in batch:
            await self._process_until_done(delivery, backoff, stop)
        _log_batch(batch, began)

    async def _process_until_done(
        self, delivery: Delivery, backoff: Backoff, stop: asyncio.Event
    ) -> None:
        while True:
            try:
                await self._process_one(delivery)
            except TRANSIENT as error:
                await self._wait(backoff, error, stop)
            else:
                backoff.reset()
                return

    async def _wait(self, backoff: Backoff, error: Exception, stop: asyncio.Event) -> None:
        await backoff.wait(error, stop)
        if stop.is_set():
            raise AbandonedError from error

    async def _process_batch(self, batch: Sequence[Delivery]) -> None:
        now = self._clock.now()
        ids = {each.event_id for each in batch}
        is_readable = all(each.error is None for each in batch)
        is_optimistic = is_readable and not self._checks_first
        async with self._database.transaction(optimistic=is_optimistic) as tx:
            tx.actor = None  # each event has its own
            if is_optimistic or (is_readable and await has_no_duplicates(tx, ids)):
                all_new = _first_of_each(batch, ids)
                tx.after_commit(partial(count_batch, batch, all_new))
                await self._react(tx, all_new)
                tx.defer(mark_processed, [ReceivedEvent(event_id, now) for event_id in ids])
                self._checks_first = False
                return
            self._checks_first = True
            fresh, is_unblocked = await claim_new(tx, ids, now)
            if not fresh:
                tx.after_commit(partial(count_batch, batch, ()))
                return
            new = _first_of_each(batch, fresh)
            blocked = (
                set()
                if is_unblocked
                else await parked_keys(tx, {each.ordering_key for each in new})
            )
            ready: list[Delivery] = []
            parkings: list[Parking] = []
            for each in new:
                if each.ordering_key in blocked:
                    parkings.append(Parking(each, "waiting", None, 0, now))
                elif each.error is not None:
                    _log.error(_DEAD_LETTER, each.event_id, describe(each.error))
                    parkings.append(Parking(each, "dead", describe(each.error), 0, now))
                    log_after_commit(tx, each, each.error, "dead", 0)
                    blocked.add(each.ordering_key)
                else:
                    ready.append(each)
            await park(tx, parkings, now)
            tx.after_commit(partial(count_batch, batch, ready, parkings))
            await self._react(tx, ready)

    async def _react(self, tx: Transaction, ready: Sequence[Delivery]) -> None:
        if len(ready) == 1:
            await react(tx, self._event_router, ready[0])
            return
        for handler, events in batches(ready):
            await self._event_router.react(tx, handler, events)

    async def _process_one(self, delivery: Delivery) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            tx.actor = None
            fresh, is_unblocked = await claim_new(tx, [delivery.event_id], now)
            if not fresh:
                tx.after_commit(partial(count, [delivery], "duplicate"))
                return
            if not is_unblocked and await parked_keys(tx, {delivery.ordering_key}):
                await park(tx, [Parking(delivery, "waiting", None, 0, now)], now)
                tx.after_commit(partial(count, [delivery], "waiting"))
                return
            error = await attempt(tx, self._event_router, delivery)
            if error is None:
                tx.after_commit(partial(count_processed, [delivery]))
                return
            dead = isinstance(error, PermanentError)
            parking = Parking(
                delivery,
                "dead" if dead else "retrying",
                describe(error),
                0 if delivery.error is not None else 1,
                now if dead else now + retry_delay(1),
            )
            await park(tx, [parking], now)
            tx.after_commit(partial(count, [delivery], parking.state))
            log_after_commit(tx, delivery, error, parking.state, parking.attempts)


async def react(tx: Transaction, event_router: EventRouter, delivery: Delivery) -> None:
    """Call the event handler with one event, in the event's trace."""
    if delivery.error is not None or delivery.event is None:
        raise delivery.error or PermanentError("not an event")
    event = delivery.event
    with trace.within(event.traceparent), logs.bound(event_id=str(event.id)):
        await event_router.react(tx, delivery.handler, [event])


async def attempt(
    tx: Transaction, event_router: EventRouter, delivery: Delivery
) -> Exception | None:
    """Process one event; when it fails, roll back to a savepoint and return the error.

    Raises TRANSIENT errors: the caller then retries the whole transaction.
    """
    try:
        async with tx.savepoint():
            await react(tx, event_router, delivery)
            # What would fail at the commit must fail here.
            await tx.finish()
            await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except TRANSIENT:
        raise
    except Exception as error:  # noqa: BLE001 (any other error is of this event)
        return error
    return None


def _log_batch(batch: Sequence[Delivery], began: float) -> None:
    BATCH_SECONDS.observe(time.perf_counter() - began)
    if not _log.isEnabledFor(logging.INFO):
        return
    events = [each.event for each in batch if each.event is not None]
    fields = {
        "events": len(batch),
        "types": sorted({event.type for event in events}),
        "trace_ids": list(dict.fromkeys(trace.trace_id(event.traceparent) for event in events)),
        "seconds": round(time.perf_counter() - began, 6),
    }
    _log.info("consumer: processed %d events", len(batch), extra=fields)


def _first_of_each(batch: Sequence[Delivery], fresh: set[UUID]) -> list[Delivery]:
    """Return each fresh event once: a log may hold an event twice."""
    left = set(fresh)
    new: list[Delivery] = []
    for each in batch:
        if each.event_id in left:
            left.remove(each.event_id)
            new.append(each)
    return new
