"""The settings of a client of Kafka, with the names and values of Kafka's own clients."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import FilePath, PositiveInt, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from waybill.kafka.security import (
    KafkaSecurity,
    SaslMechanism,
    SecurityProtocol,
    TokenProvider,
)
from waybill.process.addresses import SafeAddress, host_of, is_loopback
from waybill.tls import client_context


class KafkaSettings(BaseSettings):
    """A part of the settings of a service."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    kafka_bootstrap_servers: str
    """host:port of one or more brokers, separated by commas."""
    kafka_prefix: Annotated[
        str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]*$", max_length=100)
    ] = ""
    """What the names of topics and consumer groups begin with on the brokers, so that several
    deployments can share them: `staging.` for `staging.orders.order.v1`."""
    kafka_create_topics: bool = True
    """Whether this service creates its missing topics. If not, it is not ready without them."""
    kafka_session_timeout_ms: PositiveInt = 6_000
    """Time after which the partitions of a killed replica are reassigned. The minimum that Kafka
    allows by default."""
    kafka_instance_id: (
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]+$", max_length=200)] | None
    ) = None
    """A name that this process keeps when it is started again, and no other one has: after a crash
    it gets its partitions back at once, and does not wait for the session timeout."""

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
    brokers are on this machine. OAUTHBEARER sends an access token."""
    kafka_sasl_username: str | None = None
    """The user that the brokers know this service by; for a token endpoint, the client id."""
    kafka_sasl_password: SecretStr | None = None
    """The password of this user; for a token endpoint, the client secret."""
    kafka_sasl_token_file: FilePath | None = None
    """A file with the access token for OAUTHBEARER. It is read again for each connection."""
    kafka_sasl_token_endpoint: SafeAddress | None = None
    """The address of an issuer at which to fetch tokens for OAUTHBEARER (client credentials)."""
    kafka_sasl_scope: str | None = None
    """The scope to ask for there."""
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
            yield from self._sasl_faults()
        if (self.kafka_ssl_certificate is None) != (self.kafka_ssl_key is None):
            yield "set both WAYBILL_KAFKA_SSL_CERTIFICATE and WAYBILL_KAFKA_SSL_KEY, or neither"
        if any(self._kafka_files) and not protocol.endswith("SSL"):
            yield "WAYBILL_KAFKA_SSL_... needs WAYBILL_KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL"
        mechanism = self.kafka_sasl_mechanism
        sends_secret = protocol == "SASL_PLAINTEXT" and mechanism in {"PLAIN", "OAUTHBEARER"}
        if sends_secret and not all(map(is_loopback, self.kafka_hosts)):
            what = "password" if mechanism == "PLAIN" else "token"
            yield (
                f"{mechanism} sends the {what}: set WAYBILL_KAFKA_SECURITY_PROTOCOL=SASL_SSL, or "
                "WAYBILL_KAFKA_SASL_MECHANISM=SCRAM-SHA-256"
            )

    def _sasl_faults(self) -> Iterable[str]:
        file, endpoint = self.kafka_sasl_token_file, self.kafka_sasl_token_endpoint
        has_tokens = self.kafka_sasl_mechanism == "OAUTHBEARER"
        if has_tokens and (file is None) == (endpoint is None):
            yield (
                "OAUTHBEARER needs either WAYBILL_KAFKA_SASL_TOKEN_FILE or "
                "WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT"
            )
        if not has_tokens and (file or endpoint):
            yield ("WAYBILL_KAFKA_SASL_TOKEN_... needs WAYBILL_KAFKA_SASL_MECHANISM=OAUTHBEARER")
        if not has_tokens or endpoint:
            if not self.kafka_sasl_username:
                yield "set WAYBILL_KAFKA_SASL_USERNAME, which SASL needs"
            if self.kafka_sasl_password is None:
                yield ("SASL needs WAYBILL_KAFKA_SASL_PASSWORD or WAYBILL_KAFKA_SASL_PASSWORD_FILE")

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
        return KafkaSecurity(
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_sasl_username or "",
            self._kafka_password,
            *self._kafka_files,
            tokens=self._kafka_tokens,
            prefix=self.kafka_prefix,
        )

    @property
    def _kafka_password(self) -> str:
        secret = self.kafka_sasl_password
        return secret.get_secret_value() if secret else ""

    @property
    def _kafka_tokens(self) -> TokenProvider | None:
        # Imported here: the gateway has no client of Kafka, which takes 10 MB.
        from waybill.kafka.tokens import ClientCredentials, TokenFile  # noqa: PLC0415 - see above

        if self.kafka_sasl_token_endpoint:
            return ClientCredentials(
                self.kafka_sasl_token_endpoint,
                self.kafka_sasl_username or "",
                self._kafka_password,
                self.kafka_sasl_scope,
            )
        return TokenFile(self.kafka_sasl_token_file) if self.kafka_sasl_token_file else None


def addresses_of(bootstrap_servers: str) -> tuple[str, ...]:
    """Split the setting `kafka_bootstrap_servers`."""
    return tuple(filter(None, (each.strip() for each in bootstrap_servers.split(","))))
