"""Streams of the events of orders (server-sent events).

Transitions are written by whichever process handles their events, so each process asks the database
for those of all orders that its clients follow: one query, twice a second, and none without
followers. A stream reads new transitions when that query has seen some.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
from pydantic import MISSING

from orders import queries
from orders.contract import models
from orders.metrics import FOLLOWERS, FOLLOWERS_MAX
from orders.queries import Progress
from waybill.backoff import pause
from waybill.http import Owner
from waybill.postgres import Database, DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waybill.metrics import Sample

_log: Final = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.5
HEARTBEAT_SECONDS: Final = 15.0
"""Proxies and clients commonly give up on a connection that is silent for 30 s or longer."""
STREAM_SECONDS_MAX: Final = 300.0
"""The client has to connect again with a token that is still valid."""

FINAL: Final = frozenset({"confirmed", "rejected", "cancelled"})
HEARTBEAT: Final = ": still there\n\n"


class Followers:
    """The streams of this process. A background part of each process that serves requests."""

    name: Final = "followers of orders"

    def __init__(self, database: Database, streams_max: int, per_caller_max: int) -> None:
        self._database = database
        self._streams_max = streams_max
        self._per_caller_max = per_caller_max
        self._of_caller: Counter[str] = Counter()
        self._signals: dict[UUID, set[asyncio.Event]] = {}
        self._seen: Mapping[UUID, Progress] = {}
        self._is_stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look for changes of the followed orders until `stop` is set; then end the streams."""
        while not stop.is_set():
            if self._signals:
                await self._look()
            await pause(stop, POLL_SECONDS)
        self._is_stopping = True
        self._signal(self._signals)

    def readings(self) -> "Iterator[Sample]":
        """Read how many streams there are."""
        yield FOLLOWERS.of(self._of_caller.total())
        yield FOLLOWERS_MAX.of(self._streams_max)

    def is_full(self) -> bool:
        """Whether this process has as many streams as it may have."""
        return self._of_caller.total() >= self._streams_max

    def has_enough(self, caller: str) -> bool:
        """Whether a caller has as many streams as it may have."""
        return self._of_caller[caller] >= self._per_caller_max

    async def events(
        self, order_id: UUID, owner: Owner, caller: str, after: int
    ) -> AsyncIterator[str]:
        """Yield the events of an order after a transition, until the order is final."""
        if self.is_full() or self.has_enough(caller):
            return  # others were faster since the request was admitted
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + STREAM_SECONDS_MAX
        with self._following(order_id, caller) as signal:
            while not self._is_stopping and loop.time() < ends_at:
                signal.clear()
                async with self._database.connection() as connection:
                    progress = await queries.get_progress(connection, [order_id])
                    history = await queries.get_history(connection, order_id, owner)
                for each in history:
                    if each.number > after:
                        after = each.number
                        yield _event("transition", as_model(each).model_dump_json(), each.number)
                status = progress[order_id].status
                if status in FINAL:
                    yield _event("order", json.dumps({"order_id": str(order_id), "status": status}))
                    return
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await signal.wait()
                except TimeoutError:
                    yield HEARTBEAT

    @contextmanager
    def _following(self, order_id: UUID, caller: str) -> "Iterator[asyncio.Event]":
        signal = asyncio.Event()
        self._of_caller[caller] += 1
        self._signals.setdefault(order_id, set()).add(signal)
        try:
            yield signal
        finally:
            self._of_caller[caller] -= 1
            if not self._of_caller[caller]:
                del self._of_caller[caller]
            self._signals[order_id].discard(signal)
            if not self._signals[order_id]:
                del self._signals[order_id]

    async def _look(self) -> None:
        try:
            async with self._database.connection() as connection:
                found = await queries.get_progress(connection, list(self._signals))
        except (DatabaseUnavailableError, asyncpg.PostgresError) as error:
            _log.warning("%s: the database cannot be read: %s", self.name, error)
            return
        changed = [each for each in found if found[each] != self._seen.get(each)]
        self._seen = found
        self._signal(changed)

    def _signal(self, orders: "list[UUID] | Mapping[UUID, object]") -> None:
        for order_id in list(orders):
            for signal in self._signals.get(order_id, ()):
                signal.set()


def as_model(transition: queries.Transition) -> models.Transition:
    """Return a transition as the contract has it."""
    return models.Transition(
        number=transition.number,
        at=transition.at,
        state=transition.state,
        detail=transition.detail,
        actor=MISSING if transition.actor is None else transition.actor,
    )


def _event(name: str, data: str, number: int = 0) -> str:
    identity = f"id: {number}\n" if number else ""
    return f"{identity}event: {name}\ndata: {data}\n\n"
