"""A cluster that runs already: the settings in the environment say how to log in there.

They are the WAYBILL_KAFKA_... settings of services, which get the same environment.
"""

import asyncio
import logging
from typing import Any

from waybill.kafka.errors import BrokerError
from waybill.kafka.link import BrokerLink
from waybill.kafka.security import KafkaSecurity
from waybill.process.kafka_settings import KafkaSettings
from waybill.process.settings import ProcessSettings, read_settings
from waybill.process.wrong_settings import WrongSettingsError
from waybill_toolkit.platform.errors import PlatformError


class _Settings(KafkaSettings, ProcessSettings):
    service: str = "waybill"


def settings_in_environment(bootstrap_servers: str | None = None) -> KafkaSettings:
    """Read the settings, those of other brokers if given. Raises PlatformError."""
    others = {"kafka_bootstrap_servers": bootstrap_servers} if bootstrap_servers else {}
    given: dict[str, Any] = dict(others)
    try:
        return read_settings(lambda: _Settings(**given))
    except WrongSettingsError as error:
        raise PlatformError(str(error)) from None


def security_in_environment(bootstrap_servers: str) -> KafkaSecurity:
    """Return how to connect to the cluster. Raises PlatformError."""
    return settings_in_environment(bootstrap_servers).kafka_security


def require_broker(bootstrap_servers: str) -> None:
    """Raise PlatformError unless the cluster answers and accepts the settings."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # errors are reported as one sentence
    security = security_in_environment(bootstrap_servers)
    try:
        asyncio.run(_connect(bootstrap_servers, security))
    except BrokerError as error:
        raise PlatformError(f"--broker {bootstrap_servers} cannot be used: {error}.") from None


async def _connect(bootstrap_servers: str, security: KafkaSecurity) -> None:
    await (await BrokerLink.open(bootstrap_servers, security)).close()
