import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio
from pydantic import BaseModel

import inventory
from inventory.app import assemble
from inventory.commands.adjust_stock import adjust_stock
from inventory.contract import received
from inventory.contract.models import AdjustStockReason
from inventory.databases import StockDatabases
from inventory.divided_stock import DividedStock
from inventory.domain import StockLevel
from inventory.event_handlers import EventHandlers
from inventory.part import Part
from inventory.queries import ReservationView, find_reservation, find_stock, join_reservations
from inventory.settings import InventorySettings
from inventory.stock import UndividedStock
from waybill.app import build
from waybill.clock import ManualClock
from waybill.events import Event
from waybill.http import Owner
from waybill.ids import uuid7
from waybill.kafka.link import ensure_topics
from waybill.postgres import ConcurrencyConflictError, Database, Transaction
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.plugin import fresh_database
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(inventory.__file__).with_name("contract")
HTTP_CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")
SCOPES = {"keeper": ["inventory:any", "inventory:read", "inventory:write"], "powerless": []}
"""Scopes by token, which is also the name of its caller."""

START = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
RESERVATION_TIME = dt.timedelta(minutes=15)

M = TypeVar("M", bound=BaseModel)


def event(data: M) -> Event[M]:
    """Wrap a command as the consumer passes it to a handler."""
    return Event(
        id=uuid7(),
        type="test",
        source="orders",
        time=START,
        key=str(getattr(data, "order_id", "")),
        data=data,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


class Warehouse:
    """The event handlers of the service on a database, and reads of the results."""

    def __init__(self, database: Database, clock: ManualClock, *others: Database) -> None:
        """Use one database, or divide the stock over several."""
        self.database = database
        self.databases = StockDatabases([database, *others])
        self.clock = clock
        # Waiting for a pool connection has a timeout, which a busy machine may exceed.
        # With divided stock, each transaction waits for a second connection.
        self._connections = asyncio.Semaphore(3 if others else 10)
        parts = [Part(each) for each in self.databases.all]
        self.stock = DividedStock(parts) if others else UndividedStock()
        self.event_handlers = EventHandlers(self.stock, self.clock, RESERVATION_TIME)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Transaction]:
        async with self._connections, self.database.transaction() as tx:
            yield tx

    async def _handle(self, handler: Callable[[Transaction], Awaitable[None]]) -> None:
        """Use an optimistic transaction, then a normal one after a conflict, like the consumer."""
        try:
            async with self._connections, self.database.transaction(optimistic=True) as tx:
                await handler(tx)
        except ConcurrencyConflictError:
            async with self._transaction() as tx:
                await handler(tx)

    async def receive_stock(self, **units: int) -> None:
        for sku, delta in units.items():
            async with self._connections, self.databases.of(sku).transaction() as tx:
                await adjust_stock(tx, sku, delta, AdjustStockReason.RECEIVED, now=self.clock.now())

    async def reserve(self, *wanted: tuple[UUID, Mapping[str, int]]) -> None:
        events = [
            event(
                received.ReserveStock(
                    order_id=order_id,
                    lines=[
                        received.WantedLine(sku=sku, quantity=quantity)
                        for sku, quantity in units.items()
                    ],
                )
            )
            for order_id, units in wanted
        ]
        await self._handle(lambda tx: self.event_handlers.reserve_stock(tx, events))

    async def commit(self, *order_ids: UUID) -> None:
        events = [event(received.CommitStock(order_id=order_id)) for order_id in order_ids]
        await self._handle(lambda tx: self.event_handlers.commit_stock(tx, events))

    async def release(self, *order_ids: UUID) -> None:
        events = [event(received.ReleaseStock(order_id=order_id)) for order_id in order_ids]
        await self._handle(lambda tx: self.event_handlers.release_stock(tx, events))

    async def expire(self, limit: int = 100) -> int:
        """Return how many orders have expired."""
        taken = await self._expire(limit)
        return await self._expire(limit) if len(self.databases.all) > 1 else taken

    async def _expire(self, limit: int) -> int:
        async with self._transaction() as tx:
            return await self.stock.expire_due(tx, self.clock.now(), limit)

    async def level(self, sku: str) -> StockLevel:
        async with self.databases.of(sku).connection() as connection:
            found = await find_stock(connection, sku)
        assert found is not None
        return found

    async def reservation(self, order_id: UUID) -> ReservationView:
        views = await self.databases.read(
            lambda connection: find_reservation(connection, order_id, Owner(None))
        )
        found = join_reservations([view for view in views if view is not None])
        assert found is not None
        return found

    async def sent(self) -> list[tuple[str, dict[str, Any]]]:
        """List the sent events: the name in the middle of the type, and the payload."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("select type, payload from outbox order by position")
        return [(row["type"].split(".")[1], orjson.loads(row["payload"])) for row in rows]

    async def sent_types(self) -> list[str]:
        return [kind for kind, _ in await self.sent()]

    async def audit(self) -> list[str]:
        """List the SKUs whose stock does not equal the sum of its adjustments and reservations."""
        found = await self.databases.read(
            lambda connection: connection.fetch(
                """
                with held as (
                    select sku,
                        coalesce(sum(quantity) filter (where status = 'reserved'), 0) as reserved,
                        coalesce(sum(quantity) filter (where status = 'committed'), 0) as committed
                    from reservation_lines join reservations using (order_id) group by sku
                ), adjusted as (
                    select sku, sum(delta) as units from stock_adjustments group by sku
                )
                select sku from stock left join held using (sku) left join adjusted using (sku)
                where stock.reserved is distinct from coalesce(held.reserved, 0)
                    or stock.committed is distinct from coalesce(held.committed, 0)
                    or stock.on_hand + stock.reserved + stock.committed <> adjusted.units
                """
            )
        )
        return [row["sku"] for rows in found for row in rows]


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url, migrations_folder(inventory.__file__))
    opened = await Database.open(database_url, source="inventory")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def other_databases(other_database_urls: list[str]) -> AsyncIterator[list[Database]]:
    """Two databases in addition to `database`: A is in the first of the three, B in the second."""
    opened = []
    for url in other_database_urls:
        await migrate(url, migrations_folder(inventory.__file__))
        opened.append(await Database.open(url, source="inventory"))
    yield opened
    for each in opened:
        await each.close()


@pytest_asyncio.fixture
async def other_database_urls(postgres_server: PostgresServer) -> AsyncIterator[list[str]]:
    async with fresh_database(postgres_server) as one, fresh_database(postgres_server) as two:
        yield [one, two]


@pytest.fixture
def divided(database: Database, other_databases: list[Database], clock: ManualClock) -> Warehouse:
    """A warehouse whose stock is divided over three databases."""
    return Warehouse(database, clock, *other_databases)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def undivided(database: Database, clock: ManualClock) -> Warehouse:
    return Warehouse(database, clock)


@pytest.fixture
def warehouse(undivided: Warehouse) -> Warehouse:
    return undivided


@pytest.fixture(scope="module")
def service_clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grants = {
        sha256(token.encode()).hexdigest(): {"subject": token, "scopes": scopes}
        for token, scopes in SCOPES.items()
    }
    path = tmp_path_factory.mktemp("access") / "tokens.json"
    path.write_text(json.dumps(grants))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    module_database_url: str,
    broker_server: BrokerServer,
    token_file: Path,
    service_clock: ManualClock,
) -> AsyncIterator[str]:
    """Run the service once for a module: joining the consumer group takes seconds."""
    await migrate(module_database_url, migrations_folder(inventory.__file__))
    await ensure_topics(broker_server.bootstrap_servers, EVENT_CONTRACT.topics)
    settings = InventorySettings.model_validate(
        {
            "database_url": module_database_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": str(token_file),
        }
    )
    with serving(build(settings, partial(assemble, clock=service_clock))) as address:
        yield address


@pytest_asyncio.fixture
async def stranger(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token that checks every response against the contract."""
    async with HTTP_CONTRACT.client(base_url=service) as client:
        yield client


@pytest_asyncio.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with all scopes that checks every response against the contract."""
    headers = {"Authorization": "Bearer keeper"}
    async with HTTP_CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def orders(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """A fake orders service, which sends the commands."""
    async with fake_service("orders", EVENT_CONTRACT, bootstrap_servers) as orders:
        yield orders
