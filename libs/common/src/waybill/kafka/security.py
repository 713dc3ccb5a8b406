"""How a client connects to Kafka: the protocol, certificates (TLS), the user (SASL), and its names.

The names and values are those of Kafka's clients: `security.protocol`, `sasl.mechanism`.
https://kafka.apache.org/documentation/#security
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias

from waybill.tls import client_context

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class TokenProvider(Protocol):
    """What aiokafka asks for an access token; a subclass of its AbstractTokenProvider."""

    async def token(self) -> str:
        """Return a token. Raises BrokerError."""


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """A protocol; with SASL the user and how its password is proven; with TLS the files.

    `ca` replaces the CAs of the system; `certificate` and `key` are for brokers that require them.
    `tokens` are for OAUTHBEARER. `client_id` is the name in the metrics and quotas of the brokers.
    `prefix` is what the names of topics and groups begin with on the cluster; nothing but the
    requests has it, so that other code knows topics by the names of their contracts.
    """

    protocol: SecurityProtocol = "PLAINTEXT"
    mechanism: SaslMechanism = "SCRAM-SHA-256"
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    tokens: TokenProvider | None = None
    client_id: str = "waybill"
    prefix: str = ""

    @property
    def has_sasl(self) -> bool:
        """Whether the client authenticates itself."""
        return self.protocol.startswith("SASL_")

    @property
    def has_tls(self) -> bool:
        """Whether the connection is encrypted, and the certificate of the broker verified."""
        return self.protocol.endswith("SSL")

    @property
    def login(self) -> str:
        """What the brokers may refuse, and which settings to check."""
        if self.tokens is not None:
            return (
                "the access token: check WAYBILL_KAFKA_SASL_TOKEN_FILE, or "
                "WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT and WAYBILL_KAFKA_SASL_SCOPE"
            )
        return f"user {self.username}: check WAYBILL_KAFKA_SASL_USERNAME and the password"

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for a connection or a client of aiokafka.

        The files are read again for each, so that renewed certificates are used. Raises
        TlsFileError.
        """
        arguments: dict[str, Any] = {
            "client_id": self.client_id,
            "security_protocol": self.protocol,
        }
        if self.has_tls:
            arguments["ssl_context"] = client_context(self.ca, self.certificate, self.key)
        if self.has_sasl:
            arguments |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
                "sasl_oauth_token_provider": self.tokens,
            }
        return arguments


PLAINTEXT: Final = KafkaSecurity()
"""No authentication."""
