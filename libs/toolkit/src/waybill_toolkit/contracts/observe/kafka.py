"""The dashboard of events: the outboxes, the topics, the consumers."""

from collections.abc import Iterable

from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    highest,
    quantiles,
    rate,
)


def kafka(topics: Iterable[str]) -> Dashboard:
    """Return the page of events: the outboxes, the topics, the consumers."""
    text = "From the outbox to the receivers. Kafka itself is watched by its own exporter."
    return Dashboard(
        "kafka",
        "Kafka",
        text,
        [
            Row("Services and Kafka", _connection_panels()),
            Row("Outbox and relay", _relay_panels()),
            *(Row(f"Topic {each}", _topic_panels(each)) for each in sorted(topics)),
        ],
    )


def _connection_panels() -> list[Panel]:
    return [
        Panel(
            "Kafka answers",
            [Query("min by (job) (waybill_broker_up)", "{{job}}")],
            "none",
            "1: yes.",
        ),
        Panel(
            "Partitions, by replica",
            [Query("waybill_consumer_assigned_partitions", "{{job}} {{instance}}")],
            "none",
            "0 of a service with topics: it is not in its group.",
        ),
        Panel(
            "Joined the group",
            [Query("increase(waybill_consumer_sessions_total[$__rate_interval])", "{{job}}")],
            "none",
            "Often: something disconnects it.",
        ),
    ]


def _relay_panels() -> list[Panel]:
    return [
        Panel(
            "Events in the outbox",
            [Query(highest("waybill_outbox_events", "job"), "{{job}}")],
            "none",
        ),
        Panel(
            "Published a second",
            [Query(rate("waybill_events_published_total", "job"), "{{job}}")],
            "ops",
        ),
        Panel("From the outbox to Kafka", quantiles("waybill_relay_delay_seconds", by="job"), "s"),
    ]


def _topic_panels(topic: str) -> list[Panel]:
    where = f'topic=~"(.*[.])?{topic.replace(".", "[.]")}"'
    return [
        Panel(
            "Not processed",
            [Query(highest("waybill_consumer_lag_records", "job", where), "{{job}}")],
            "none",
            "By service that receives it.",
        ),
        Panel(
            "Age of the oldest",
            [Query(highest("waybill_consumer_lag_seconds", "job", where), "{{job}}")],
            "s",
        ),
    ]
