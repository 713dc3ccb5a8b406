"""Orders as load, each measured from its scheduled time until it is final."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import Baskets
from waybill_toolkit.lab.bench.costs import Meter
from waybill_toolkit.lab.bench.latencies import Latencies
from waybill_toolkit.lab.bench.load import closed_loop, open_loop
from waybill_toolkit.lab.bench.scenario import Figure, Figures, Options
from waybill_toolkit.lab.bench.watching import Watcher, watching
from waybill_toolkit.operations.workload.client import Client, Order, WantedOrder
from waybill_toolkit.operations.workload.service import RefusedError, ServiceError
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.handle import Platform

# More connections would only move the queue from the client into the service. Waiting for a
# connection is part of the latency.
CONNECTIONS_MAX: Final = 512
ROUND_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 60.0  # without a further confirmation

_WARM_UP_SECONDS: Final = 1.0
_CHECKED: Final = 100
_LOOK_SECONDS: Final = 0.05


class DisagreementError(ServiceError):
    """The API and the benchmark disagree about an order."""


@dataclass(slots=True)
class Tally:
    """The outcomes of the orders of one round."""

    accept: Latencies = field(default_factory=Latencies)
    confirm: Latencies = field(default_factory=Latencies)
    accepted: int = 0
    refused: int = 0
    not_confirmed: int = 0
    last_confirmed_at: float = 0.0
    newest: dict[str, None] = field(default_factory=dict)
    """Some confirmed orders, to compare with the API."""

    @property
    def confirmed(self) -> int:
        return self.confirm.count

    @property
    def unconfirmed(self) -> int:
        """Orders that were refused, rejected or are still in progress; should be 0."""
        return self.accepted - self.confirmed + self.refused


class Placer:
    """Places orders on one platform and counts their outcomes."""

    def __init__(self, client: Client, watcher: Watcher, orders: Iterator[WantedOrder]) -> None:
        self._client = client
        self._watcher = watcher
        self._orders = orders
        self._connections = asyncio.Semaphore(CONNECTIONS_MAX)
        self.tally = Tally()

    async def place_and_follow(self, _number: int, intended: float) -> None:
        """Place an order and return when it is final."""
        order = await self._place(intended)
        if order:
            with suppress(TimeoutError):  # it remains unconfirmed
                async with asyncio.timeout(PATIENCE_SECONDS):
                    status, at = await self._watcher.final(order.order_id)
                    self._note(order.order_id, status, intended, at)

    async def place(self, _number: int, intended: float) -> None:
        """Place an order and return when it is accepted; its outcome is recorded later."""
        order = await self._place(intended)
        if order:
            order_id = order.order_id
            self._watcher.watch(
                order_id, lambda status, at: self._note(order_id, status, intended, at)
            )

    async def _place(self, intended: float) -> Order | None:
        try:
            async with self._connections:
                order = await self._client.place_order(next(self._orders))
        except RefusedError:
            self.tally.refused += 1
            return None
        self.tally.accept.record(asyncio.get_running_loop().time() - intended)
        self.tally.accepted += 1
        return order

    def _note(self, order_id: str, status: str, intended: float, at: float) -> None:
        if status != "confirmed":
            self.tally.not_confirmed += 1
            return
        self.tally.confirm.record(at - intended)
        self.tally.last_confirmed_at = at
        if len(self.tally.newest) < _CHECKED:
            self.tally.newest[order_id] = None

    async def until_final(self) -> None:
        """Wait for all orders, until none becomes final within the timeout."""
        loop = asyncio.get_running_loop()
        left, since = self._watcher.awaited, loop.time()
        while self._watcher.awaited and loop.time() < since + PATIENCE_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._watcher.awaited != left:
                left, since = self._watcher.awaited, loop.time()

    async def check(self) -> None:
        """Compare some confirmed orders with the API. Raises DisagreementError."""
        for order_id in self.tally.newest:
            said = (await self._client.get_order(order_id)).status
            if said != "confirmed":
                raise DisagreementError(f"Order {order_id} was counted, but the API says {said}.")


@dataclass(frozen=True, slots=True)
class Place:
    """The platform, the route and the baskets of a measurement."""

    platform: Platform
    baskets: Baskets
    through_gateway: bool = False
    replicas: Mapping[str, int] = field(default_factory=dict)
    """Further processes of services, by name, whose costs are counted too."""

    def client(self) -> Client:
        addresses = self.platform.addresses
        door = addresses["gateway"] if self.through_gateway else addresses["orders"]
        tokens = tokens_of(self.platform)
        return Client(addresses["catalog"], addresses["inventory"], door, tokens=tokens)


def measure_closed(place: Place, clients: int, options: Options) -> Figures:
    """Measure a round of a scenario: a closed loop of ten seconds, if no option says otherwise."""
    seconds = options.seconds_or(ROUND_SECONDS)
    return uvloop.run(place_closed(place, clients=clients, seconds=seconds))


async def place_closed(place: Place, *, clients: int, seconds: float) -> dict[str, Figure]:
    """Measure a closed loop; the rate includes all orders until the last one is confirmed."""
    return await _measure(place, _Closed(clients, seconds))


async def place_open(place: Place, *, per_second: float, seconds: float) -> dict[str, Figure]:
    """Measure a fixed rate: `offered_per_second` is the scheduled rate."""
    return await _measure(place, _Open(per_second, seconds))


@dataclass(frozen=True, slots=True)
class _Closed:
    clients: int
    seconds: float

    async def run(self, placer: Placer) -> dict[str, Figure]:
        await closed_loop(placer.place_and_follow, clients=self.clients, seconds=self.seconds)
        return {}

    @property
    def warm_up(self) -> "_Closed":
        return _Closed(self.clients, min(_WARM_UP_SECONDS, self.seconds))


@dataclass(frozen=True, slots=True)
class _Open:
    per_second: float
    seconds: float

    async def run(self, placer: Placer) -> dict[str, Figure]:
        def gives_up(begun: int) -> bool:
            tally = placer.tally
            under_way = begun - tally.confirmed - tally.refused - tally.not_confirmed
            return under_way > max(_LINE_MIN, self.per_second * _LINE_SECONDS)

        begun = await open_loop(
            placer.place, per_second=self.per_second, seconds=self.seconds, gives_up=gives_up
        )
        await placer.until_final()
        return {
            "offered_per_second": self.per_second,
            "offered_share": begun / max(1, round(self.per_second * self.seconds)),
        }

    @property
    def warm_up(self) -> "_Open":
        return _Open(self.per_second, min(_WARM_UP_SECONDS, self.seconds))


# With a queue of five seconds a rate is not sustained: the limit of confirm p99 is one second.
_LINE_SECONDS: Final = 5.0
_LINE_MIN: Final = 100


async def _measure(place: Place, load: _Closed | _Open) -> dict[str, Figure]:
    client = place.client()
    loop = asyncio.get_running_loop()
    try:
        await place.baskets.stock(client)
        orders = place.baskets.orders(secrets.token_hex(4))
        meters = Meter(place.platform, place.replicas)
        async with watching(place.platform) as watcher, meters as meter:
            await load.warm_up.run(Placer(client, watcher, orders))
            await meter.until_quiet()
            before, looks = await meter.read(), watcher.looks
            placer, began = Placer(client, watcher, orders), loop.time()
            extra = await load.run(placer)
            tally = placer.tally
            seconds = max(tally.last_confirmed_at - began, 1e-9)
            await meter.until_quiet()
            meter.own_transactions["orders"] += watcher.looks - looks
            costs = (await meter.read()).figures_since(before, tally.confirmed)
            await placer.check()
    finally:
        client.close()
    return {
        "confirmed_per_second": tally.confirmed / seconds if tally.confirmed else 0.0,
        **extra,
        **tally.accept.figures("accept"),
        **tally.confirm.figures("confirm"),
        "confirmed": tally.confirmed,
        "unconfirmed": tally.unconfirmed,
        "seconds_measured": seconds,
        **costs,
    }
