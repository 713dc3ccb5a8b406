"""The metrics of the consumer, of event handlers and of dead letters.

`type` is the event's, `handler` the method of the service that receives it. The service is the
`job` of the scrape.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from waybill.metrics import SLOW_SECONDS, counter, histogram, reading

RECEIVED: Final = counter(
    "waybill_events_received_total",
    "Events, by their outcome: processed, duplicate, retrying (it failed and is tried again),"
    " waiting (behind another of its key), dead (set aside).",
    ("type", "handler", "outcome"),
    unit="events",
)
HANDLER_SECONDS: Final = histogram(
    "waybill_event_handler_duration_seconds",
    "Time of one call of an event handler, which gets all events of its type in a batch; SQL that"
    " is deferred to the end of the transaction is not in it.",
    ("type", "handler"),
)
EVENT_SECONDS: Final = histogram(
    "waybill_event_latency_seconds",
    "Time from an event to the commit of its effect here; of a batch, its oldest event of a type.",
    ("type", "handler"),
    buckets=SLOW_SECONDS,
)
BATCH_SECONDS: Final = histogram(
    "waybill_consumer_batch_duration_seconds", "Time to process one batch, retries included."
)
BATCH_RETRIES: Final = counter(
    "waybill_consumer_batch_retries_total",
    "Times that a batch was processed again, after a `conflict`, a failure of the `database`, or"
    " one by one as an `event` failed.",
    ("cause",),
    unit="batches",
)
JOINED: Final = reading(
    "waybill_consumer_joined",
    "Whether the consumer of this replica is a member of its group and reads.",
    unit="0 or 1",
)
ASSIGNED: Final = reading(
    "waybill_consumer_assigned_partitions",
    "Partitions that this replica reads.",
    unit="partitions",
)
SESSIONS: Final = counter(
    "waybill_consumer_sessions_total",
    "Times that the consumer has connected to the broker and joined its group.",
    unit="sessions",
)
LAG_RECORDS: Final = reading(
    "waybill_consumer_lag_records",
    "Records of the topic that this service has not committed as processed.",
    ("topic",),
    unit="records",
    scope="service",
)
LAG_SECONDS: Final = reading(
    "waybill_consumer_lag_seconds",
    "Age of the oldest record of the topic that this service has not committed as processed; 0"
    " without one.",
    ("topic",),
    unit="seconds",
    scope="service",
)
BROKER_UP: Final = reading("waybill_broker_up", "Whether the broker answers.", unit="0 or 1")
DEAD_LETTERS: Final = reading(
    "waybill_dead_letters",
    "Events set aside, by state: retrying, waiting, dead, discarded.",
    ("state",),
    unit="events",
    scope="service",
)
DEAD_LETTER_OLDEST: Final = reading(
    "waybill_dead_letter_oldest_seconds",
    "Time since the first event was set aside that is neither processed nor discarded; 0 without"
    " one.",
    unit="seconds",
    scope="service",
)


class Lag(NamedTuple):
    """What a group has not processed, by topic."""

    records: Mapping[str, int]
    seconds: Mapping[str, float]
    """Age of the oldest such record by the clock of its sender; 0 without one."""
