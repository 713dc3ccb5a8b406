"""One fault for each alert: what is broken, until the end of the block."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg
import httpx
from tests.alerts.clients import Clients

from waybill_toolkit.lab.chaos.broker_faults import BrokerFaults
from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.fault_proxies import Link
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.lab.chaos.load import Stopwatch
from waybill_toolkit.lab.chaos.outboxes import relay_held
from waybill_toolkit.lab.chaos.process_faults import ProcessFaults
from waybill_toolkit.lab.chaos.schedule import BACKGROUND, Fault, Kind
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token

_FIELD: Final = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')
_LONG_SECONDS: Final = 120.0
"""Longer than an alert takes to fire; the end of the block ends the fault before."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform, and the clients that use it."""

    faulty: FaultyPlatform
    clients: Clients

    def database(self, service: str) -> str:
        """Return the address of a database for its administrator."""
        return self.faulty.platform.admin_url(service)


Broken: TypeAlias = Callable[[Scene], AbstractAsyncContextManager[None]]


def frozen(process: str) -> Broken:
    """Stop a process with SIGSTOP."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        faults = ProcessFaults(scene.faulty, Stopwatch())
        fault = Event(Fault(0, 0.0, Kind.FREEZE, process, _LONG_SECONDS), 0.0)
        async with _task(faults.freeze(fault)):
            yield

    return broken


@asynccontextmanager
async def killed_repeatedly(scene: Scene) -> AsyncIterator[None]:
    """Kill a service each time that it is ready again."""
    faults = ProcessFaults(scene.faulty, Stopwatch())

    async def kill() -> None:
        for _ in range(8):
            await faults.end(Event(Fault(0, 0.0, Kind.KILL, "catalog", 0.0), 0.0))
            await asyncio.sleep(2)  # the pace of the fault: one scrape sees each start

    async with _task(kill()):
        yield


def cut(client: str, server: str) -> Broken:
    """Hold all bytes of a link."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        state = scene.faulty.fault_proxies.state(Link(client, server))
        state.clear.clear()
        try:
            yield
        finally:
            state.clear.set()

    return broken


def delayed(client: str, server: str, seconds: float) -> Broken:
    """Delay the bytes of a link."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        state = scene.faulty.fault_proxies.state(Link(client, server))
        state.delay_seconds = seconds
        try:
            yield
        finally:
            state.delay_seconds = 0.0

    return broken


def changed(service: str, change: str, undo: str) -> Broken:
    """Change a database by SQL."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        await _execute(scene.database(service), change)
        try:
            yield
        finally:
            await _execute(scene.database(service), undo)

    return broken


def locked(service: str, table: str) -> Broken:
    """Hold a lock on a table, as a forgotten session does."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        connection = await asyncpg.connect(scene.database(service))
        try:
            async with connection.transaction():
                await connection.execute(f"lock table {table} in access exclusive mode")
                yield
        finally:
            await connection.close()

    return broken


@asynccontextmanager
async def relay_locked_out(scene: Scene) -> AsyncIterator[None]:
    """Hold the lock of the replica that publishes."""
    async with relay_held(scene.database("orders")):
        yield


@asynccontextmanager
async def unreadable_batch(scene: Scene) -> AsyncIterator[None]:
    """Write a batch to a topic that nobody can read; it is parked, and discarded at the end."""
    chance = random.Random(1)  # noqa: S311 - repeatable, no secret
    faults = BrokerFaults(scene.faulty.platform, Stopwatch(), chance)
    await faults.write_to("inventory")
    try:
        yield
    finally:
        await faults.discard("inventory")


def paying_with(token: str) -> Broken:
    """Let all orders be paid with a token of the sandbox."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        usual, scene.clients.payment_token = scene.clients.payment_token, token
        try:
            yield
        finally:
            scene.clients.payment_token = usual

    return broken


@asynccontextmanager
async def postponed_payment(scene: Scene) -> AsyncIterator[None]:
    """Postpone the retry of one payment by hand, so that its order waits."""
    usual, scene.clients.payment_token = scene.clients.payment_token, "tok_timeout_then_approved"
    postpone = (
        "update payments set due_at = now() + interval '1 hour'"
        " where status = 'authorizing' and attempts > 0 returning payment_id"
    )
    connection = await asyncpg.connect(scene.database("payments"))
    try:
        await scene.clients.order()
        scene.clients.payment_token = usual
        async with asyncio.timeout(30):
            while not (held := await connection.fetch(postpone)):
                await asyncio.sleep(0.01)
        yield
        await connection.execute(
            "update payments set due_at = now() where payment_id = any($1::uuid[])",
            [each["payment_id"] for each in held],
        )
    finally:
        await connection.close()


@asynccontextmanager
async def wrong_passwords(scene: Scene) -> AsyncIterator[None]:
    """Try passwords of one account."""

    async def guess() -> None:
        # Not through the gateway, whose limits come first.
        address = scene.faulty.address("identity")
        async with httpx.AsyncClient(base_url=address) as client:
            fields = dict(_FIELD.findall((await client.get("/login")).text))
            for number in range(500):
                form = {"email": "alice@example.com", "password": f"a wrong password {number}"}
                await client.post("/login", data={**fields, **form})

    async with _task(guess()):
        yield


@asynccontextmanager
async def orders_of_others(scene: Scene) -> AsyncIterator[None]:
    """Ask for the orders of somebody else."""
    connection = await asyncpg.connect(scene.database("orders"))
    try:
        order = await connection.fetchval("select order_id from orders limit 1")
    finally:
        await connection.close()
    token = await asyncio.to_thread(fetch_token, scene.faulty.platform, "bob")
    headers = {"authorization": f"Bearer {token}"}

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=scene.faulty.address(GATEWAY)) as client:
            for _ in range(1000):
                await client.get(f"/v1/orders/{order}", headers=headers)
                await asyncio.sleep(0.05)

    async with _task(ask()):
        yield


@asynccontextmanager
async def _task(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run a coroutine during the block. Raises what it raises, if it ends before the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])


async def _execute(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


FAULTS: Final[dict[str, Broken]] = {
    "WaybillServiceDown": frozen("payments"),
    "WaybillReplicaRestarts": killed_repeatedly,
    "WaybillBackgroundSilent": frozen(f"orders{BACKGROUND}"),
    "WaybillDatabaseUnreachable": cut("catalog", "postgres"),
    "WaybillBrokerUnreachable": cut("orders", "broker"),
    "WaybillUpstreamUnreachable": cut(GATEWAY, "catalog"),
    "WaybillConnectionPoolExhausted": locked("orders", "orders"),
    "WaybillConsumerLagging": locked("inventory", "stock"),
    "WaybillOutboxNotPublished": relay_locked_out,
    "WaybillSagaWaits": postponed_payment,
    "WaybillDeadLetters": unreadable_batch,
    "WaybillProviderFails": paying_with("tok_timeout_then_approved"),
    "WaybillGuessing": wrong_passwords,
    "WaybillOwnersProbed": orders_of_others,
    "WaybillBudgetReadsAnswered": changed(
        "catalog", "revoke select on variants from catalog", "grant select on variants to catalog"
    ),
    "WaybillBudgetWritesAnswered": changed(
        "orders", "revoke insert on orders from orders", "grant insert on orders to orders"
    ),
    "WaybillBudgetReadsQuick": delayed(GATEWAY, "catalog", 0.6),
    "WaybillBudgetWritesQuick": delayed(GATEWAY, "orders", 1.1),
    "WaybillBudgetOrdersSettled": paying_with("tok_slow"),
}
"""By alert, the fault that makes it fire, and nothing else."""
