"""Requests and events on the whole platform match the contracts."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from waybill.kafka.link import BrokerLink
from waybill_toolkit.lab.conformance.selfcheck import self_check_of
from waybill_toolkit.operations.workload.client import APPROVED, Client, Line, Variant, WantedOrder
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.eventually import eventually, order_reaches, read
from waybill_toolkit.testing.fake_service import EventContract

SKU: Final = "ON-THE-WIRE"
SENT: Final = {
    "catalog.variant-added.v1",
    "orders.order-placed.v1",
    "orders.order-confirmed.v1",
    "orders.order-rejected.v1",
    "orders.order-cancelled.v1",
    "inventory.reserve-stock.v1",
    "inventory.commit-stock.v1",
    "inventory.release-stock.v1",
    "inventory.stock-reserved.v1",
    "inventory.stock-committed.v1",
    "inventory.stock-refused.v1",
    "inventory.stock-released.v1",
    "payments.authorize-payment.v2",
    "payments.capture-payment.v1",
    "payments.reverse-payment.v1",
    "payments.payment-authorized.v1",
    "payments.payment-declined.v1",
    "payments.payment-captured.v1",
    "payments.payment-refunded.v1",
}
"""The event types of confirmed, out-of-stock, declined and cancelled orders."""


def contracts(services: Iterable[str]) -> dict[str, EventContract]:
    found = {
        service: tree_root() / f"services/{service}/src/{service}/contract/asyncapi.json"
        for service in services
    }
    return {service: EventContract.load(path) for service, path in found.items() if path.exists()}


@asynccontextmanager
async def listening(platform: Platform, topics: Iterable[str]) -> AsyncIterator[AIOKafkaConsumer]:
    """Consume every event that is published from now on."""
    security = platform.broker_security()
    link = await BrokerLink.open(platform.bootstrap_servers, security)
    states = await link.topics(topics)
    await link.close()
    partitions = [
        TopicPartition(name, number)
        for name, state in states.items()
        for number in range(len(state.leaders))
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=platform.bootstrap_servers, fetch_max_wait_ms=10, **security.arguments()
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        yield consumer
    finally:
        await consumer.stop()


async def sell(platform: Platform, client: Client) -> None:
    """Place orders that are confirmed and cancelled, out of stock, and declined."""
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 5})
    orders = [
        WantedOrder("wire-confirmed", "c", "GBP", [Line(SKU, 1)], APPROVED),
        WantedOrder("wire-refused", "c", "GBP", [Line(SKU, 100)], APPROVED),
        WantedOrder("wire-declined", "c", "GBP", [Line(SKU, 1)], "tok_decline"),
    ]
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"]) as gateway:
        order_id, *others = [(await client.place_order(each)).order_id for each in orders]
        await order_reaches(gateway, order_id, "confirmed")
        for other in others:
            await order_reaches(gateway, other, "rejected")
        await eventually(
            f"the payment of {order_id} to be captured",
            partial(payment_status, gateway, order_id),
            lambda status: status == "captured",
            fails=lambda status: status not in {"authorized", "capturing"},
        )
        path = f"/v1/orders/{order_id}/cancellation"
        (await gateway.post(path, headers={"Idempotency-Key": "wire"})).raise_for_status()


async def payment_status(gateway: httpx.AsyncClient, order_id: str) -> str:
    payments = (await read(gateway, "/v1/payments", {"order_id": order_id}))["items"]
    return str(payments[0]["status"])


async def test_every_event_is_one_that_the_contract_of_its_sender_has(platform: Platform) -> None:
    by_sender = contracts(platform.services)
    topics = {topic.name for each in by_sender.values() for topic in each.topics}
    client = client_of(platform)
    received: set[str] = set()

    async with listening(platform, topics) as consumer:
        await sell(platform, client)

        async def missing() -> set[str]:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                received.update(checked(record, by_sender) for record in records)
            return SENT - received

        await eventually("no event to be missing", missing, lambda types: not types)
    client.close()


def checked(record: Any, contracts: Mapping[str, EventContract]) -> str:
    """Check one record with the contract of its sender; return its type."""
    headers: dict[str, str] = {name: value.decode() for name, value in record.headers}
    contract = contracts[headers["ce_source"]]
    contract.check(record.topic, record.key.decode(), headers, json.loads(record.value))
    return headers["ce_type"]


def test_every_service_of_the_platform_checks_itself_and_finds_nothing(platform: Platform) -> None:
    httpx.get(f"{platform.addresses['gateway']}/v1/orders").raise_for_status()

    found = {service: self_check_of(platform.addresses[service]) for service in platform.services}

    assert {service: each.violations for service, each in found.items()} == dict.fromkeys(found, ())
    assert found["gateway"].checks["answer"] > 0
    assert found["orders"].checks["answer"] > 0
