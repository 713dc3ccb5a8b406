"""Services that do not run: what needs them waits, the rest goes on, and the gateway names them."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest_asyncio

from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Order,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import SHOP, secret_of
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.ports import answers
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.token import fetch_token
from waybill_toolkit.platform.waiting import wait_until
from waybill_toolkit.testing.eventually import eventually, order_reaches, read

SKU: Final = "WHILE STOPPED"
SECONDS: Final = 60.0
REQUESTS: Final = 8
"""More than the gateway's circuit breaker takes to open."""


@pytest_asyncio.fixture
async def client(guarded_platform: Platform) -> AsyncIterator[Client]:
    """A client of a shop that has goods."""
    client = client_of(guarded_platform)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 100})
    yield client
    client.close()


@pytest_asyncio.fixture
async def http(guarded_platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    address = guarded_platform.addresses[GATEWAY]
    headers = {"Authorization": f"Bearer {fetch_token(guarded_platform, SHOP)}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as http:
        yield http


@contextmanager
def stopped(platform: Platform, service: str) -> Iterator[None]:
    """Hold a service down: a program that serves nothing runs in its place."""
    command = ["-m", "waybill_toolkit", "run", "--data", str(platform.folder), "--here", service]
    with subprocess.Popen([sys.executable, *command, "--", "sleep", "infinity"]) as process:
        try:
            wait_until(lambda: _is_held(platform, service, process), SECONDS)
            yield
        finally:
            process.kill()
    platform.wait_until_ready(service)


def _is_held(platform: Platform, service: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "waybill run has ended"
    state = platform.process(service)
    is_held = state.condition is Condition.FOREGROUND and state.foreground_pid == process.pid
    return is_held and not answers(int(platform.addresses[service].rpartition(":")[2]))


async def place(client: Client, reference: str) -> Order:
    return await client.place_order(
        WantedOrder(reference, "stopped", "GBP", [Line(SKU, 1)], APPROVED)
    )


async def is_named(http: httpx.AsyncClient, path: str, service: str) -> None:
    """Require the gateway to name a service that is down, with an open breaker too."""
    for _ in range(REQUESTS):
        refused = await http.get(path)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert service in refused.json()["detail"]


async def is_reserved(http: httpx.AsyncClient, order: Order) -> None:
    """Wait until the stock of an order is reserved: payment is next."""

    async def reservation() -> str:
        return (await http.get(f"/v1/reservations/{order.order_id}")).text

    await eventually("the reservation", reservation, lambda found: '"reserved"' in found)


async def is_back(http: httpx.AsyncClient, path: str) -> None:
    async def status() -> int:
        return (await http.get(path)).status_code

    await eventually(path, status, lambda found: found == httpx.codes.OK)


async def test_orders_are_placed_and_confirmed_when_catalog_is_stopped(
    guarded_platform: Platform, client: Client, http: httpx.AsyncClient
) -> None:
    with stopped(guarded_platform, "catalog"):
        placed = await place(client, "catalog-stopped")
        await order_reaches(http, placed.order_id, "confirmed")
        await is_named(http, "/v1/products", "catalog")

    await is_back(http, "/v1/products")


async def test_orders_wait_when_payments_is_stopped_and_are_confirmed_when_it_is_back(
    guarded_platform: Platform, client: Client, http: httpx.AsyncClient
) -> None:
    with stopped(guarded_platform, "payments"):
        placed = await place(client, "payments-stopped")
        path = f"/v1/orders/{placed.order_id}"
        await is_reserved(http, placed)
        await is_named(http, "/v1/payments", "payments")
        assert (await read(http, path))["status"] == "placed"

    await order_reaches(http, placed.order_id, "confirmed")
    await is_back(http, "/v1/payments")


def with_key(platform: Platform, name: str) -> httpx.AsyncClient:
    """Return a client that sends an API key where others send a token."""
    headers = {"Authorization": f"Bearer {secret_of(platform.folder, name)}"}
    return httpx.AsyncClient(base_url=platform.addresses[GATEWAY], headers=headers, timeout=30)


async def test_an_api_key_that_is_in_use_works_when_identity_is_stopped(
    guarded_platform: Platform,
) -> None:
    async with (
        with_key(guarded_platform, "alice") as alice,
        with_key(guarded_platform, "bob") as bob,
    ):
        await is_back(alice, "/v1/orders")
        with stopped(guarded_platform, "identity"):
            assert (await alice.get("/v1/orders")).status_code == 200
            await is_named(bob, "/v1/orders", "identity")

        await is_back(bob, "/v1/orders")
