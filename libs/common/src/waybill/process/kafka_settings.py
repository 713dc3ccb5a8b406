"""The settings of a client of Kafka, with the names and values of Kafka's own clients."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import FilePath, PositiveInt, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from waybill.kafka.security import KafkaSecurity, SaslMechanism, SecurityProtocol
from waybill.process.addresses import host_of, is_loopback
from waybill.tls import client_context


class KafkaSettings(BaseSettings):
    """A part of the settings of a service."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    kafka_bootstrap_servers: str
    """host:port of one or more brokers, separated by commas."""
    kafka_session_timeout_ms: PositiveInt = 6_000
    """Time after which the partitions of a killed replica are reassigned. The minimum that Kafka
    allows by default."""

    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    """SASL_PLAINTEXT or SASL_SSL if the brokers require a user; SSL or SASL_SSL if they use TLS."""
    kafka_ssl_ca: FilePath | None = None
    """A PEM file with the CA of the brokers; without it, the CAs of the system are trusted."""
    kafka_ssl_certificate: FilePath | None = None
    """A PEM file with the certificate of this service, for brokers that require one."""
    kafka_ssl_key: FilePath | None = None
    """A PEM file with its private key, without a password."""
    kafka_sasl_mechanism: SaslMechanism = "SCRAM-SHA-256"
    """How the password is proven. SCRAM does not send it. PLAIN does, and needs SASL_SSL unless the
    brokers are on this machine."""
    kafka_sasl_username: str | None = None
    """The user that the brokers know this service by."""
    kafka_sasl_password: SecretStr | None = None
    """The password of this user."""
    kafka_partitions_max: PositiveInt | None = None
    """Creates topics with fewer partitions than their contract says: 1 with the embedded broker,
    because one replica is assigned all of them, and larger batches cost less."""

    @model_validator(mode="after")
    def _kafka_settings_are_complete(self) -> Self:
        for fault in self._kafka_faults():
            raise ValueError(fault)
        if any(self._kafka_files):
            client_context(*self._kafka_files)
        return self

    def _kafka_faults(self) -> Iterable[str]:
        protocol = self.kafka_security_protocol
        if protocol.startswith("SASL_"):
            if not self.kafka_sasl_username:
                yield "set WAYBILL_KAFKA_SASL_USERNAME, which SASL needs"
            if self.kafka_sasl_password is None:
                yield ("SASL needs WAYBILL_KAFKA_SASL_PASSWORD or WAYBILL_KAFKA_SASL_PASSWORD_FILE")
        if (self.kafka_ssl_certificate is None) != (self.kafka_ssl_key is None):
            yield "set both WAYBILL_KAFKA_SSL_CERTIFICATE and WAYBILL_KAFKA_SSL_KEY, or neither"
        if any(self._kafka_files) and not protocol.endswith("SSL"):
            yield "WAYBILL_KAFKA_SSL_... needs WAYBILL_KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL"
        sends_password = protocol == "SASL_PLAINTEXT" and self.kafka_sasl_mechanism == "PLAIN"
        if sends_password and not all(map(is_loopback, self.kafka_hosts)):
            yield (
                "PLAIN sends the password: set WAYBILL_KAFKA_SECURITY_PROTOCOL=SASL_SSL, or "
                "WAYBILL_KAFKA_SASL_MECHANISM=SCRAM-SHA-256"
            )

    @property
    def kafka_hosts(self) -> list[str]:
        """The hosts of the brokers."""
        return [host_of(each) for each in addresses_of(self.kafka_bootstrap_servers)]

    @property
    def _kafka_files(self) -> tuple[Path | None, Path | None, Path | None]:
        return self.kafka_ssl_ca, self.kafka_ssl_certificate, self.kafka_ssl_key

    @property
    def kafka_security(self) -> KafkaSecurity:
        """How this service connects to the brokers."""
        secret = self.kafka_sasl_password
        return KafkaSecurity(
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_sasl_username or "",
            secret.get_secret_value() if secret else "",
            *self._kafka_files,
        )


def addresses_of(bootstrap_servers: str) -> tuple[str, ...]:
    """Split the setting `kafka_bootstrap_servers`."""
    return tuple(filter(None, (each.strip() for each in bootstrap_servers.split(","))))
