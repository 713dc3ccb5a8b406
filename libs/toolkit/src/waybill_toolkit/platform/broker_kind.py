"""The brokers of a platform: those that it can run, and one that runs already."""

from dataclasses import dataclass
from enum import StrEnum

from waybill_toolkit.platform.errors import PlatformError


class BrokerKind(StrEnum):
    """Which broker a platform runs."""

    EMBEDDED = "embedded"
    KAFKA = "kafka"
    """Apache Kafka; `ensure_kafka` fetches it."""


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """A cluster that the platform uses and does not run."""

    bootstrap_servers: str


def broker_of(choice: str) -> BrokerKind | RunningBroker:
    """Read the option --broker of `waybill up`. Raises PlatformError."""
    if choice in list(BrokerKind):
        return BrokerKind(choice)
    if all(_is_address(each) for each in choice.split(",")):
        return RunningBroker(choice)
    raise PlatformError(
        f"--broker {choice}: write {', '.join(BrokerKind)}, or HOST:PORT of brokers that run."
    )


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and port.isdecimal())
