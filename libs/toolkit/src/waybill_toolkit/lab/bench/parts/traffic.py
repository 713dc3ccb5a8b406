"""Events for the parts, with the size of an order-placed event."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from waybill.clock import SystemClock
from waybill.events import Envelope, Message, Topic, encode_headers
from waybill.ids import uuid7
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill.kafka.security import KafkaSecurity

TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SOURCE: Final = "bench"
NOTE: Final = "n" * 200
BATCH: Final = 500

_TYPE: Final = "bench.order-noted.v1"
_TIME: Final = datetime(2026, 11, 22, tzinfo=UTC)


class OrderNoted(BaseModel):
    order_id: UUID
    amount_minor: int
    note: str


def topic() -> Topic:
    """Return a new topic."""
    return Topic(f"bench.topic-{uuid7()}.v1", partitions=1, retention_hours=1)


def message(topic: Topic) -> Message[OrderNoted]:
    return Message(_TYPE, topic.name, "order_id", OrderNoted)


async def fill(bootstrap_servers: str, security: KafkaSecurity, topic: Topic, count: int) -> None:
    """Create the topic and write events to it, each with its own key."""
    link = await BrokerLink.open(bootstrap_servers, security)
    try:
        await create_usable(link, [topic])
        states = await link.topics([topic.name])
        for start in range(0, count, BATCH):
            batch = _batch([uuid7() for _ in range(min(BATCH, count - start))])
            await link.produce({Partition(topic.name, 0): batch.encode()}, states)
    finally:
        await link.close()


def _batch(order_ids: Sequence[UUID]) -> RecordBatch:
    batch = RecordBatch()
    now_ms = int(SystemClock().now().timestamp() * 1000)
    for number, order_id in enumerate(order_ids):
        payload = OrderNoted(order_id=order_id, amount_minor=255, note=NOTE).model_dump_json()
        headers = encode_headers(Envelope(uuid7(), _TYPE, SOURCE, _TIME, TRACE))
        batch.append(number, str(order_id).encode(), payload.encode(), headers, now_ms)
    return batch
