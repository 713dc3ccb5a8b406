"""Record batches that cannot be decoded: each is parked whole, as one dead letter.

Which events are in such a batch, and of which keys, is unknown. So events behind it are processed
before them: blocking all keys of the partition would stop the service because of one bad batch.
This is safe because every event handler accepts an event that comes after a newer one of its key,
as it does when a discarded event is retried.

The sender's outbox still has the events. They have other ids than the dead letter, so when the
sender publishes them again, they are processed.
"""

from hashlib import sha256
from typing import Final

from waybill.events import Headers
from waybill.kafka.errors import UnreadableBatchError
from waybill.kafka.record_batches import Record
from waybill.receiving.event_router import Delivery, derived_id, ordering_key

BATCH_TYPE: Final = "unreadable record batch"
"""Takes the place of an event type: no event that is received has it."""

KEPT_BYTES_MAX: Final = 1_048_588
"""Kafka's default limit for a batch (message.max.bytes). Of a larger one the rest is not kept."""

_FIRST_OFFSET: Final = "first-offset"
_LAST_OFFSET: Final = "last-offset"


def delivery_of(error: UnreadableBatchError) -> Delivery:
    """Return the delivery that parks the batch, with as many of its bytes as are kept."""
    record = Record(
        error.topic,
        error.partition,
        error.first,
        None,
        _headers(error),
        error.data[:KEPT_BYTES_MAX],
    )
    event_id, own_key = derived_id(record), ordering_key(record)
    return Delivery(event_id, BATCH_TYPE, record, own_key, None, "", error)


def offsets_of(record: Record) -> tuple[int, int]:
    """Return the first and the last offset of a parked batch."""
    about = dict(record.headers)
    return int(about[_FIRST_OFFSET]), int(about[_LAST_OFFSET])


def _headers(error: UnreadableBatchError) -> Headers:
    about = {
        _FIRST_OFFSET: error.first,
        _LAST_OFFSET: error.last,
        "bytes": len(error.data),
        "kept-bytes": min(len(error.data), KEPT_BYTES_MAX),
        "sha256": sha256(error.data).hexdigest(),
    }
    return [(name, str(value).encode()) for name, value in about.items()]
