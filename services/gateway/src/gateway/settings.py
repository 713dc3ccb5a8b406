"""Settings of the gateway."""

import ssl
from typing import Annotated, Self

from pydantic import (
    Field,
    FilePath,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    model_validator,
)
from typing_extensions import override

from waybill.docs.instance import Instance
from waybill.kafka.security import SaslMechanism, SecurityProtocol
from waybill.process.addresses import is_loopback
from waybill.process.kafka_settings import addresses_of
from waybill.process.settings import ProcessSettings
from waybill.tls import client_context

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+$")]
"""Scheme, host and port, without a path."""


class GatewaySettings(ProcessSettings):
    """The settings of every process, and the addresses of the services."""

    service: str = "gateway"

    upstreams: Annotated[dict[str, Origin], Field(min_length=1)]
    """Addresses by service, as JSON: {"orders": "http://orders:8000", ...}; http or https."""
    upstream_ca: FilePath | None = None
    """A PEM file with the CA of the services; without it, the CAs of the system are trusted."""
    upstream_certificate: FilePath | None = None
    """A PEM file with the certificate of the gateway, for services that require one."""
    upstream_key: FilePath | None = None
    """A PEM file with its private key, without a password."""
    access: str = "token file"
    """The setting of the services. The gateway checks no tokens; with "open", its OpenAPI document
    requires none."""
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

    @model_validator(mode="after")
    def _certificates_can_be_used(self) -> Self:
        if (self.upstream_certificate is None) != (self.upstream_key is None):
            raise ValueError(
                "set both WAYBILL_UPSTREAM_CERTIFICATE and WAYBILL_UPSTREAM_KEY, or neither"
            )
        if self.upstream_ca or self.upstream_certificate:
            self.upstream_tls()
        return self

    @model_validator(mode="after")
    def _open_access_stays_on_this_machine(self) -> Self:
        if self.access == "open" and not is_loopback(self.host):
            raise ValueError(
                "WAYBILL_ACCESS=open lets every caller do everything, so WAYBILL_HOST must be a "
                "loopback address such as 127.0.0.1"
            )
        return self

    def upstream_tls(self) -> ssl.SSLContext | None:
        """Return how certificates of services are verified, if one is reached with https.

        Raises TlsFileError.
        """
        if not any(origin.startswith("https:") for origin in self.upstreams.values()):
            return None
        return client_context(self.upstream_ca, self.upstream_certificate, self.upstream_key)

    @property
    @override
    def instance(self) -> Instance:
        protocol = self.kafka_security_protocol
        has_sasl = protocol.startswith("SASL_")
        return Instance(
            is_open=self.access == "open",
            brokers=addresses_of(self.kafka_bootstrap_servers),
            sasl=self.kafka_sasl_mechanism if has_sasl else None,
            has_tls_brokers=protocol.endswith("SSL"),
        )
