"""The metrics of the outbox and of the relay, which publishes it."""

from typing import Final

from waybill.metrics import SLOW_SECONDS, counter, histogram, reading

PUBLISHED: Final = counter(
    "waybill_events_published_total",
    "Events that the broker has acknowledged; one that is published again counts again.",
    ("type",),
    unit="events",
)
PUBLISH_SECONDS: Final = histogram(
    "waybill_relay_publish_duration_seconds", "Time for the broker to acknowledge a round."
)
PUBLISH_DELAY_SECONDS: Final = histogram(
    "waybill_relay_delay_seconds",
    "Age of the oldest event of a round when the broker has acknowledged it.",
    buckets=SLOW_SECONDS,
)
FAILURES: Final = counter(
    "waybill_relay_failures_total",
    "Times that the relay had to begin anew, as the `database` or the `broker` failed.",
    ("cause",),
    unit="failures",
)
IS_LEADER: Final = reading(
    "waybill_relay_leads",
    "Whether this replica publishes the outbox: the sum over all replicas of a service is 1.",
    unit="0 or 1",
)
OUTBOX: Final = reading(
    "waybill_outbox_events",
    "Events that are not published yet; 100000 means at least that many.",
    unit="events",
    scope="service",
)
OUTBOX_OLDEST: Final = reading(
    "waybill_outbox_oldest_seconds",
    "Age of the oldest event that is not published yet; 0 without one.",
    unit="seconds",
    scope="service",
)
