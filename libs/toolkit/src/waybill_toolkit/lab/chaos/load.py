"""Clients that place orders at a constant rate and record the responses.

An order is placed at its scheduled time, whatever the outcome of earlier orders, so an outage does
not reduce the load. A client that gets no response retries with the same Idempotency-Key. Some
clients repeat a request that got a response.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from waybill_toolkit.lab.chaos.history import Attempt, History
from waybill_toolkit.operations.workload.client import APPROVED, Client, Order, WantedOrder
from waybill_toolkit.operations.workload.service import RefusedError, UnreachableError

IN_PROGRESS_MAX: Final = 400  # orders in progress: a limit for memory and connections
REPEATED_SHARE: Final = 0.10
CANCELLED_SHARE: Final = 0.05

_LOOK_FIRST_SECONDS: Final = 0.03
_LOOK_LAST_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 0.3


class Stopwatch:
    """Returns the seconds since its creation."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._began


class Load:
    """Places orders with several clients in turn: of the gateway, and of the service."""

    def __init__(
        self, clients: Sequence[Client], orders: Sequence[WantedOrder], rate: float, seed: int
    ) -> None:
        self._clients = clients
        self._orders = orders
        self._rate = rate
        self._chance = random.Random(f"load {seed}")  # noqa: S311 - repeatable, no secret
        self._in_hand = asyncio.Semaphore(IN_PROGRESS_MAX)
        self._begun = 0
        self.histories: dict[str, History] = {}
        self.payment_token: str | None = None
        """The token that replaces valid cards during a fault of the payment provider."""
        self.server_errors = 0
        """Statuses of a server failure; the outcome is unknown, and the request is retried."""
        self.is_over = False
        """Set to stop the clients."""
        self.now = Stopwatch()

    @property
    def attempts(self) -> list[Attempt]:
        return [attempt for history in self.histories.values() for attempt in history.attempts]

    @property
    def progress_seconds(self) -> float:
        """The scheduled time of the next order, without delays."""
        return self._begun / self._rate

    @property
    def seconds_left(self) -> float:
        """The minimum time until the last order is placed."""
        return len(self._orders) / self._rate - self.progress_seconds

    async def run(self) -> None:
        """Place all orders; return when each is final, refused or abandoned."""
        self.now = Stopwatch()
        async with asyncio.TaskGroup() as shoppers:
            for number, wanted in enumerate(self._orders):
                await asyncio.sleep(max(0.0, number / self._rate - self.now()))
                await self._in_hand.acquire()
                self._begun = number + 1
                attempt = self._begin(wanted)
                client = self._clients[number % len(self._clients)]
                shopper = shoppers.create_task(self._shop(client, attempt, self._chance.random()))
                shopper.add_done_callback(lambda _: self._in_hand.release())

    def _begin(self, wanted: WantedOrder) -> Attempt:
        if self.payment_token and wanted.payment_token == APPROVED:
            wanted = replace(wanted, payment_token=self.payment_token)
        attempt = Attempt(wanted, self.now())
        history = self.histories.setdefault(wanted.customer_ref, History(wanted.customer_ref))
        history.attempts.append(attempt)
        return attempt

    async def _shop(self, client: Client, attempt: Attempt, roll: float) -> None:
        try:
            await self.place(client, attempt)
            if not attempt.is_acknowledged:
                return
            attempt.accepted = self.now()
            if roll < REPEATED_SHARE:
                await self.place(client, attempt)
            elif roll < REPEATED_SHARE + CANCELLED_SHARE:
                await self._cancel(client, attempt)
            await self._follow(client, attempt)
        except UnreachableError:
            return  # stopped: the client has no further responses

    async def place(self, client: Client, attempt: Attempt) -> None:
        """Retry until the order is accepted or refused."""
        while not self.is_over:
            try:
                order = await client.place_order(attempt.wanted)
            except RefusedError as error:
                if not await self._is_failure(error):
                    attempt.refusal = error.slug
                    return
            else:
                attempt.order_ids.append(order.order_id)
                attempt.status = order.status
                return

    async def _cancel(self, client: Client, attempt: Attempt) -> None:
        while not self.is_over:
            try:
                await client.cancel_order(attempt.order_ids[0])
            except RefusedError as error:
                if not await self._is_failure(error):
                    return  # already rejected
            else:
                attempt.is_cancelled = True
                return

    async def _follow(self, client: Client, attempt: Attempt) -> None:
        delay = _LOOK_FIRST_SECONDS
        while not self.is_over:
            order = await self._look(client, attempt)
            if order is not None:
                attempt.status = order.status
                if order.is_final and (order.status == "cancelled" or not attempt.is_cancelled):
                    attempt.ended = self.now()
                    return
            await asyncio.sleep(delay)
            delay = min(delay * 1.6, _LOOK_LAST_SECONDS)

    async def _look(self, client: Client, attempt: Attempt) -> Order | None:
        try:
            return await client.get_order(attempt.order_ids[0])
        except RefusedError as error:
            if not await self._is_failure(error):
                attempt.lost_sight = True
                await asyncio.sleep(_AGAIN_SECONDS)
            return None

    async def _is_failure(self, error: RefusedError) -> bool:
        """Return whether an error is a server failure; if so, wait before returning."""
        if error.status < 500:
            return False
        self.server_errors += 1
        await asyncio.sleep(_AGAIN_SECONDS)
        return True
