"""Two replicas of orders on one database: their events and the order of these."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from orders.app import assemble
from orders.contract.events import TOPICS
from orders.settings import OrdersSettings
from waybill.app import build
from waybill.events import decode_headers
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill_toolkit.testing.eventually import eventually, read
from waybill_toolkit.testing.fake_service import FakeService
from waybill_toolkit.testing.serving import serving

ORDERS = 120
SKU = "ORDERS-R"  # no other test sells it
PUBLISHED = [*(topic.name for topic in TOPICS), "inventory.commands.v1", "payments.commands.v1"]
VARIANT = {
    "sku": SKU,
    "product_id": "019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41",
    "name": SKU,
    "price": {"amount_minor": 100, "currency": "GBP"},
    "version": 1,
}


async def test_two_replicas_publish_each_event_once_and_in_order(
    settings: OrdersSettings, neighbours: FakeService
) -> None:
    await neighbours.send("catalog.variant-added.v1", VARIANT)
    with serving(build(settings, assemble)) as one:
        with serving(build(settings, assemble)) as two:
            order_ids = await _place_and_cancel([one, two])
        # The second replica has stopped, leader or not. The first one continues alone.
        order_ids += await _place_and_cancel([one])
        await _all_published(settings)
    written = await _outbox(settings)
    published = await _log_of(settings.kafka_bootstrap_servers, set(order_ids))

    assert len(order_ids) == len(set(order_ids)) == 2 * ORDERS
    assert published == {key: written[key] for key in order_ids}


async def _place_and_cancel(addresses: Sequence[str]) -> list[str]:
    """Place orders at all replicas concurrently, and cancel each at the next replica."""
    async with httpx.AsyncClient(timeout=30) as client:
        fetch = partial(_skus, client, addresses[0])
        await eventually(f"the price of {SKU}", fetch, lambda skus: SKU in skus)

        async def order(number: int) -> str:
            here = addresses[number % len(addresses)]
            there = addresses[(number + 1) % len(addresses)]
            placed = await client.post(f"{here}/v1/orders", json=_body(), headers=_key())
            assert placed.status_code == 201, placed.text
            order_id = str(placed.json()["order_id"])
            path = f"{there}/v1/orders/{order_id}/cancellation"
            cancelled = await client.post(path, headers=_key())
            assert cancelled.status_code == 202, cancelled.text
            return order_id

        return list(await asyncio.gather(*map(order, range(ORDERS))))


async def _skus(client: httpx.AsyncClient, address: str) -> list[str]:
    page = await read(client, f"{address}/v1/prices", {"limit": 500})
    return [item["sku"] for item in page["items"]]


def _body() -> dict[str, Any]:
    return {
        "customer_ref": "replicas",
        "currency": "GBP",
        "lines": [{"sku": SKU, "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid7())}


async def _all_published(settings: OrdersSettings) -> None:
    database = await Database.open(settings.database_url.get_secret_value())
    unpublished = "select count(*) from outbox where published_at is null"
    async with database.connection() as connection:
        fetch = partial(connection.fetchval, unpublished)
        await eventually("no event to be unpublished", fetch, lambda count: count == 0)
    await database.close()


async def _outbox(settings: OrdersSettings) -> dict[str, list[tuple[str, str]]]:
    """Read the outbox: (topic, event id) by key, in the order of the commits."""
    written: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    database = await Database.open(settings.database_url.get_secret_value())
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select key, topic, event_id from outbox order by topic, position"
        )
    await database.close()
    for row in rows:
        written[row["key"]].append((row["topic"], str(row["event_id"])))
    return written


async def _log_of(bootstrap_servers: str, keys: set[str]) -> dict[str, list[tuple[str, str]]]:
    """Read the topics from beginning to end: (topic, event id) by key, in the order of the log."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", fetch_max_wait_ms=10
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for topic in PUBLISHED for number in range(8)]
    consumer.assign(partitions)
    found: list[tuple[str, str, str]] = []
    for partition, end in (await consumer.end_offsets(partitions)).items():
        consumer.seek(partition, 0)
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, []):
                identifier = str(decode_headers(record.headers).id)
                found.append((record.topic, record.key.decode(), identifier))
    await consumer.stop()
    log: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for topic, key, identifier in sorted(found, key=lambda each: each[0]):
        if key in keys:
            log[key].append((topic, identifier))
    return dict(log)
