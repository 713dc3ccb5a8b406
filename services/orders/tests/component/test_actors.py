"""Who placed an order, and who cancelled it: in its history, and in the events that it causes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

import orders
from orders.settings import OrdersSettings
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.eventually import read
from waybill_toolkit.testing.fake_service import FakeService

from .driving import add_variant, cancel, order_body, place, wait_for_event, wait_for_history

ALICE, CLERK = "user:019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41", "service:back-office"
SKU = "ORDERS-ACTORS"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(
    module_database_url: str,
    broker_server: BrokerServer,
    token_keys: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> OrdersSettings:
    """The service with two callers."""
    await migrate(module_database_url, migrations_folder(orders.__file__))
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    scopes = ["orders:read", "orders:write", "orders:any"]
    grants = {
        hashlib.sha256(token.encode()).hexdigest(): {"subject": subject, "scopes": scopes}
        for token, subject in {"alice": ALICE, "clerk": CLERK.partition(":")[2]}.items()
    }
    tokens.write_text(json.dumps(grants))
    return OrdersSettings.model_validate(
        {
            "database_url": module_database_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": tokens,
            "token_keys": token_keys,
            "token_key_seconds": 0,
        }
    )


def _as(client: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    client.headers["authorization"] = f"Bearer {token}"
    return client


async def _transitions(client: httpx.AsyncClient, order_id: str) -> list[tuple[str, Any]]:
    history = await read(client, f"/v1/orders/{order_id}/history")
    return [(each["state"], each.get("actor")) for each in history["transitions"]]


async def test_the_history_of_an_order_says_who_placed_and_who_cancelled_it(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    alice = _as(client, "alice")
    await add_variant(alice, neighbours, SKU, 255)
    order_id = (await place(alice, order_body((SKU, 1)))).json()["order_id"]
    reserve = await wait_for_event(neighbours, "inventory.reserve-stock.v1", order_id)
    placed = await wait_for_event(neighbours, "orders.order-placed.v1", order_id)

    clerk = _as(client, "clerk")
    await cancel(clerk, order_id)
    release = await wait_for_event(neighbours, "inventory.release-stock.v1", order_id)
    released = {"order_id": order_id}
    await neighbours.send("inventory.stock-released.v1", released, actor=release.actor)
    await wait_for_history(clerk, order_id, "compensated")

    assert (placed.actor, reserve.actor, release.actor) == (ALICE, ALICE, CLERK)
    assert await _transitions(clerk, order_id) == [
        ("reserve-stock", ALICE),
        ("compensate reserve-stock", CLERK),
        ("compensated", CLERK),
    ]
    cancelled = await wait_for_event(neighbours, "orders.order-cancelled.v1", order_id)
    assert cancelled.actor == CLERK


async def test_a_transition_has_no_actor_when_its_event_is_of_an_earlier_release(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    alice = _as(client, "alice")
    await add_variant(alice, neighbours, SKU, 255, version=2)
    order_id = (await place(alice, order_body((SKU, 1)))).json()["order_id"]
    await wait_for_event(neighbours, "inventory.reserve-stock.v1", order_id)

    reserved = {"order_id": order_id, "expires_at": "2026-11-22T10:00:00Z"}
    await neighbours.send("inventory.stock-reserved.v1", reserved)
    authorize = await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)

    assert authorize.actor is None
    assert await _transitions(alice, order_id) == [
        ("reserve-stock", ALICE),
        ("authorize-payment", None),
    ]
