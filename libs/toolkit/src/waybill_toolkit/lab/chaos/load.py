"""Clients that place orders at a steady rate, whatever is broken, and remember all they are told.

An order is begun when its time has come, not when the one before it is through, so that an outage
does not hide what would have been asked meanwhile. Whoever gets no answer asks again with the same
Idempotency-Key; some ask again although they got one.
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

IN_HAND_MAX: Final = 400  # orders begun and not final: a bound for memory and connections
REPEATED_SHARE: Final = 0.10
CANCELLED_SHARE: Final = 0.05

_LOOK_FIRST_SECONDS: Final = 0.03
_LOOK_LAST_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 0.3


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._began


class Load:
    """Places orders through several doors in turn: the gateway, and the service itself."""

    def __init__(
        self, doors: Sequence[Client], orders: Sequence[WantedOrder], rate: float, seed: int
    ) -> None:
        self._doors = doors
        self._orders = orders
        self._rate = rate
        self._chance = random.Random(f"load {seed}")  # noqa: S311 - repeatable, no secret
        self._in_hand = asyncio.Semaphore(IN_HAND_MAX)
        self._begun = 0
        self.histories: dict[str, History] = {}
        self.payment_token: str | None = None
        """Replaces good cards, while the payment provider is to be difficult."""
        self.server_errors = 0
        """Answers that say the server failed: nothing is known then, and it is asked again."""
        self.is_over = False
        """Set to make clients stop waiting for what does not come."""
        self.now = Stopwatch()

    @property
    def attempts(self) -> list[Attempt]:
        return [attempt for history in self.histories.values() for attempt in history.attempts]

    @property
    def progress_seconds(self) -> float:
        """How far it is: the time at which it would be here if it had never been held up."""
        return self._begun / self._rate

    @property
    def seconds_left(self) -> float:
        """How long it takes at least until the last order is begun."""
        return len(self._orders) / self._rate - self.progress_seconds

    async def run(self) -> None:
        """Return when every order is final, refused or given up."""
        self.now = Stopwatch()
        async with asyncio.TaskGroup() as shoppers:
            for number, wanted in enumerate(self._orders):
                await asyncio.sleep(max(0.0, number / self._rate - self.now()))
                await self._in_hand.acquire()
                self._begun = number + 1
                attempt = self._begin(wanted)
                door = self._doors[number % len(self._doors)]
                shopper = shoppers.create_task(self._shop(door, attempt, self._chance.random()))
                shopper.add_done_callback(lambda _: self._in_hand.release())

    def _begin(self, wanted: WantedOrder) -> Attempt:
        if self.payment_token and wanted.payment_token == APPROVED:
            wanted = replace(wanted, payment_token=self.payment_token)
        attempt = Attempt(wanted, self.now())
        history = self.histories.setdefault(wanted.customer_ref, History(wanted.customer_ref))
        history.attempts.append(attempt)
        return attempt

    async def _shop(self, door: Client, attempt: Attempt, whim: float) -> None:
        try:
            await self.place(door, attempt)
            if not attempt.is_acknowledged:
                return
            attempt.accepted = self.now()
            if whim < REPEATED_SHARE:
                await self.place(door, attempt)
            elif whim < REPEATED_SHARE + CANCELLED_SHARE:
                await self._cancel(door, attempt)
            await self._follow(door, attempt)
        except UnreachableError:
            return  # what it was told until now is all it knows

    async def place(self, door: Client, attempt: Attempt) -> None:
        """Ask until there is an answer that says yes or no."""
        while not self.is_over:
            try:
                order = await door.place_order(attempt.wanted)
            except RefusedError as error:
                if not await self._is_failure(error):
                    attempt.refusal = error.slug
                    return
            else:
                attempt.order_ids.append(order.order_id)
                attempt.status = order.status
                return

    async def _cancel(self, door: Client, attempt: Attempt) -> None:
        while not self.is_over:
            try:
                await door.cancel_order(attempt.order_ids[0])
            except RefusedError as error:
                if not await self._is_failure(error):
                    return  # it is rejected already
            else:
                attempt.is_cancelled = True
                return

    async def _follow(self, door: Client, attempt: Attempt) -> None:
        delay = _LOOK_FIRST_SECONDS
        while not self.is_over:
            order = await self._look(door, attempt)
            if order is not None:
                attempt.status = order.status
                if order.is_final and (order.status == "cancelled" or not attempt.is_cancelled):
                    attempt.ended = self.now()
                    return
            await asyncio.sleep(delay)
            delay = min(delay * 1.6, _LOOK_LAST_SECONDS)

    async def _look(self, door: Client, attempt: Attempt) -> Order | None:
        try:
            return await door.get_order(attempt.order_ids[0])
        except RefusedError as error:
            if not await self._is_failure(error):
                attempt.lost_sight = True
                await asyncio.sleep(_AGAIN_SECONDS)
            return None

    async def _is_failure(self, error: RefusedError) -> bool:
        """Tell a server that failed from one that says no, and wait a little in that case."""
        if error.status < 500:
            return False
        self.server_errors += 1
        await asyncio.sleep(_AGAIN_SECONDS)
        return True
