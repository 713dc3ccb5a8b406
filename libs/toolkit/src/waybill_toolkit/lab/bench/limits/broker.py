"""The broker alone: writes and reads the events of one order repeatedly.

It runs a new, empty broker, like the platform's.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from waybill.clock import SystemClock
from waybill.events import Envelope, Topic, encode_headers
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.lab.bench.limits.footprint import Footprint
from waybill_toolkit.lab.bench.parts.traffic import TRACE
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.ports import free_port

ORDERS_AT_A_TIME: Final = 50
"""Orders in a batch of a topic: as many as a relay publishes at once under full load."""

_WRITTEN_MAX: Final = 50_000  # orders; on the disk they take 300 MB


async def broker_orders_per_second(order: Footprint, seconds: float) -> dict[str, float]:
    """Write for a time, then read everything; the limit is the rate of both together."""
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        server = BrokerServer(Path(folder), free_port())
        server.start()
        try:
            wrote, took = await _write(server.bootstrap_servers, order, seconds)
            read = await _read(server.bootstrap_servers, order, wrote)
        finally:
            server.stop()
    return {
        "written": wrote / took,
        "read": wrote / read,
        "both": wrote / (took + read),
    }


async def _write(bootstrap_servers: str, order: Footprint, seconds: float) -> tuple[int, float]:
    link = await BrokerLink.open(bootstrap_servers)
    try:
        names = sorted({event.topic for event in order.events})
        await create_usable(link, [Topic(name, partitions=1, retention_hours=1) for name in names])
        states = await link.topics(names)
        batches = _batches(order)
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds and count < _WRITTEN_MAX:
            await link.produce(batches, states)
            count += ORDERS_AT_A_TIME
        return count, time.monotonic() - began
    finally:
        await link.close()


def _batches(order: Footprint) -> Mapping[Partition, bytes]:
    batches: dict[Partition, RecordBatch] = {}
    for event in order.events:
        batch = batches.setdefault(Partition(event.topic, 0), RecordBatch())
        envelope = Envelope(event.event_id, event.type, event.source, SystemClock().now(), TRACE)
        headers = encode_headers(envelope)
        for number in range(ORDERS_AT_A_TIME):
            batch.append(number, event.key.encode(), event.payload, headers, 0)
    return {partition: batch.encode() for partition, batch in batches.items()}


async def _read(bootstrap_servers: str, order: Footprint, orders: int) -> float:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(name, 0) for name in {each.topic for each in order.events}])
        left = orders * len(order.events)
        began = time.monotonic()
        async with asyncio.timeout(600):
            while left > 0:
                found = await consumer.getmany(timeout_ms=200, max_records=5000)
                left -= sum(len(records) for records in found.values())
        return time.monotonic() - began
    finally:
        await consumer.stop()
