"""What clients do, of the platform or of its broker."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import httpx
from tests.alerts.scene import Broken, Scene, running

from waybill_toolkit.lab.chaos.broker_faults import BrokerFaults
from waybill_toolkit.lab.chaos.load import Stopwatch
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token

_FIELD: Final = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


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

    async with running(guess()):
        yield


@asynccontextmanager
async def ids_of_others(scene: Scene) -> AsyncIterator[None]:
    """Ask for orders by ids that are not the caller's."""
    token = await asyncio.to_thread(fetch_token, scene.faulty.platform, "bob")
    headers = {"authorization": f"Bearer {token}"}

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=scene.faulty.address(GATEWAY)) as client:
            for _ in range(1000):
                await client.get(f"/v1/orders/{uuid4()}", headers=headers)
                await asyncio.sleep(0.05)  # the pace of the fault

    async with running(ask()):
        yield
