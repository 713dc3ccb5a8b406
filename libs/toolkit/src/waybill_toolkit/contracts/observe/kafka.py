"""The dashboard of events: the outboxes, the topics, the consumers."""

from collections.abc import Iterable

from waybill_toolkit.contracts.observe.panels import (
    RATE_WINDOW,
    Dashboard,
    Panel,
    Query,
    Row,
    highest,
    lowest,
    quantiles,
)
from waybill_toolkit.contracts.observe.shared import lag_age, outbox_events, published


def kafka(topics: Iterable[str]) -> Dashboard:
    """Return the page of events: the outboxes, the topics that are received, the consumers."""
    delay = quantiles("waybill_relay_delay_seconds", "job")
    text = "From the outbox to the receivers. Kafka itself is watched by its own exporter."
    return Dashboard(
        "kafka",
        "Kafka",
        text,
        [
            Row("Services and Kafka", _connection()),
            Row(
                "Outbox and relay",
                [outbox_events(), published("job"), Panel("From the outbox to Kafka", delay, "s")],
            ),
            *(Row(f"Topic {each}", _topic(each)) for each in sorted(topics)),
        ],
    )


def _connection() -> list[Panel]:
    joined = f"increase(waybill_consumer_sessions_total[{RATE_WINDOW}])"
    return [
        Panel("Kafka answers", [lowest("waybill_broker_up", "job")], "none", "1: yes."),
        Panel(
            "Partitions, by replica",
            [Query("waybill_consumer_assigned_partitions", "{{job}} {{instance}}")],
            "none",
            "0 of a service with topics: it is not in its group.",
        ),
        Panel(
            "Joined the group",
            [Query(joined, "{{job}}")],
            "none",
            "Often: something disconnects it.",
        ),
    ]


def _topic(topic: str) -> list[Panel]:
    where = f'topic=~"(.*[.])?{topic.replace(".", "[.]")}"'
    waiting = highest("waybill_consumer_lag_records", "job", where=where)
    return [
        Panel("Not processed", [waiting], "none", "By service that receives it."),
        lag_age("job", where=where),
    ]
