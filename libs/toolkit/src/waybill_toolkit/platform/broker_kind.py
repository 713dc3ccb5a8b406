"""The brokers that a platform can run."""

from enum import StrEnum


class BrokerKind(StrEnum):
    """Which broker a platform runs."""

    EMBEDDED = "embedded"
    KAFKA = "kafka"
    """Apache Kafka; `ensure_kafka` fetches it."""
