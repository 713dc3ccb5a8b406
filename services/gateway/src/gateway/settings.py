"""Settings of the gateway."""

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, StringConstraints
from typing_extensions import override

from waybill.docs.instance import Instance
from waybill.kafka.security import SaslMechanism, SecurityProtocol
from waybill.process.settings import AccessSettings, addresses_of

Origin = Annotated[str, StringConstraints(pattern=r"^http://[^/?#@\s]+$")]
"""Scheme, host and port, without a path."""


class GatewaySettings(AccessSettings):
    """The settings of a process that knows its callers, and the addresses of the services."""

    service: str = "gateway"

    upstreams: Annotated[dict[str, Origin], Field(min_length=1)]
    """Addresses by service, as JSON: {"orders": "http://orders:8000", ...}."""
    kafka_bootstrap_servers: str = ""
    """The setting of the services. The gateway does not connect to the brokers; its AsyncAPI
    documents name them."""
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    """The setting of the services, for the same documents."""
    kafka_sasl_mechanism: SaslMechanism = "SCRAM-SHA-256"
    """The setting of the services, for the same documents."""
    upstream_connections_max: PositiveInt = 100
    """Maximum for each service. It has ten database connections; more requests would wait there."""

    connect_seconds: PositiveFloat = 2.0
    """Timeout for a free or new connection. A lost packet is sent again after 1 s."""
    answer_seconds: PositiveFloat = 40.0
    """Timeout without data from a service. It exceeds the service's own timeouts: 5 s for a
    database connection and 30 s for a statement (see `waybill.postgres`)."""
    client_seconds: PositiveFloat = 30.0
    """Time limit for the whole body of a request, and timeout of a client that reads nothing of its
    response."""
    uploads_max: PositiveInt = 256
    """Maximum of request bodies that are arriving at the same time; the slowest are refused. With
    the largest body of the contracts, 256 KiB, they need 64 MiB."""

    @property
    @override
    def instance(self) -> Instance:
        has_sasl = self.kafka_security_protocol.startswith("SASL_")
        return Instance(
            is_open=self.access == "open",
            brokers=addresses_of(self.kafka_bootstrap_servers),
            sasl=self.kafka_sasl_mechanism if has_sasl else None,
        )
