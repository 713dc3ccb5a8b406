"""Settings of the gateway."""

import re
import ssl
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    model_validator,
)
from typing_extensions import override

from waybill.docs.instance import Instance
from waybill.kafka.security import SaslMechanism, SecurityProtocol
from waybill.process.kafka_settings import addresses_of
from waybill.process.settings import AccessSettings
from waybill.tls import client_context

_CORS_ORIGIN: Final = re.compile(r"https?://[a-z0-9.\-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")
_STORES: Final = ("redis", "rediss", "unix")

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+$")]
"""Scheme, host and port, without a path."""


def _networks(text: str) -> str:
    for each in _listed(text):
        try:
            ip_network(each)
        except ValueError as error:
            raise ValueError(f"must be addresses or networks: {error}") from None
    return text


def _origins(text: str) -> str:
    for each in _listed(text):
        if not _CORS_ORIGIN.fullmatch(each):
            raise ValueError(
                f"must be exact origins like https://shop.example:8443; {each!r} is none"
            )
    return text


def _store(address: SecretStr) -> SecretStr:
    parts = urlsplit(address.get_secret_value())
    place = parts.path if parts.scheme == "unix" else parts.hostname
    if parts.scheme not in _STORES or not place:
        raise ValueError(f"must begin with {', '.join(f'{each}://' for each in _STORES)}")
    return address


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


class GatewaySettings(AccessSettings):
    """The settings of a process that knows its callers, and the addresses of the services."""

    service: str = "gateway"

    upstreams: Annotated[dict[str, Origin], Field(min_length=1)]
    """Addresses by service, as JSON: {"orders": "http://orders:8000", ...}; http or https."""
    upstream_ca: FilePath | None = None
    """A PEM file with the CA of the services; without it, the CAs of the system are trusted."""
    upstream_certificate: FilePath | None = None
    """A PEM file with the certificate of the gateway, for services that require one."""
    upstream_key: FilePath | None = None
    """A PEM file with its private key, without a password."""
    kafka_bootstrap_servers: str = ""
    """The setting of the services. The gateway does not connect to the brokers; its AsyncAPI
    documents name them."""
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    """The setting of the services, for the same documents."""
    kafka_sasl_mechanism: SaslMechanism = "SCRAM-SHA-256"
    """The setting of the services, for the same documents."""
    kafka_prefix: str = ""
    """The setting of the services, for the same documents."""
    upstream_connections_max: PositiveInt = 100
    """Maximum for each service. It has ten database connections; more requests would wait there."""

    streams_max: PositiveInt = 1_000
    """Maximum of streams of events from each service; other requests do not wait for them."""

    connect_seconds: PositiveFloat = 2.0
    """Timeout for a free or new connection. A lost packet is sent again after 1 s."""
    answer_seconds: PositiveFloat = 40.0
    """Timeout without data from a service. It exceeds the service's own timeouts: 5 s for a
    database connection and 30 s for a statement (see `waybill.postgres`)."""
    client_seconds: PositiveFloat = 30.0
    """Time limit for the whole body of a request, and timeout of a client that reads nothing of its
    response."""
    cors_origins: Annotated[str, AfterValidator(_origins)] = ""
    """Origins whose pages may use the API in a browser, separated by commas: https://shop.example."""
    hsts_seconds: NonNegativeInt = 31_536_000
    """Max-age of Strict-Transport-Security, which is sent to clients that use https; 0 for none."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Addresses or networks of proxies in front, separated by commas. Only they are believed when
    they write the client's address into X-Forwarded-For, or its scheme into X-Forwarded-Proto."""
    rate_limit_factor: PositiveFloat = 1.0
    """Multiplies the quotas of contracts/gateway/gateway.yaml."""
    rate_limit_replicas: PositiveInt = 1
    """The number of replicas of the gateway. Each gives callers its part of a quota."""
    rate_limit_store: Annotated[SecretStr, AfterValidator(_store)] | None = None
    """A Valkey or Redis in which all replicas count the `shared` classes together:
    redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path."""

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

    def upstream_tls(self) -> ssl.SSLContext | None:
        """Return how certificates of services are verified, if one is reached with https.

        Raises TlsFileError.
        """
        if not any(origin.startswith("https:") for origin in self.upstreams.values()):
            return None
        return client_context(self.upstream_ca, self.upstream_certificate, self.upstream_key)

    @property
    def allowed_origins(self) -> list[str]:
        """The origins whose pages may use the API."""
        return _listed(self.cors_origins)

    @property
    def trusted_networks(self) -> list[IPv4Network | IPv6Network]:
        """The networks of trusted proxies."""
        return list(map(ip_network, _listed(self.trusted_proxies)))

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
            topic_prefix=self.kafka_prefix,
        )
