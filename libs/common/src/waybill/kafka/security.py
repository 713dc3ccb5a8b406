"""How a client connects to Kafka: the protocol, certificates (TLS) and the user (SASL).

The names and values are those of Kafka's clients: `security.protocol`, `sasl.mechanism`.
https://kafka.apache.org/documentation/#security
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from waybill.tls import client_context

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """A protocol; with SASL the user and how its password is proven; with TLS the files.

    `ca` replaces the CAs of the system; `certificate` and `key` are for brokers that require them.
    """

    protocol: SecurityProtocol = "PLAINTEXT"
    mechanism: SaslMechanism = "SCRAM-SHA-256"
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def has_sasl(self) -> bool:
        """Whether the client authenticates itself."""
        return self.protocol.startswith("SASL_")

    @property
    def has_tls(self) -> bool:
        """Whether the connection is encrypted, and the certificate of the broker verified."""
        return self.protocol.endswith("SSL")

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for a connection or a client of aiokafka.

        The files are read again for each, so that renewed certificates are used. Raises
        TlsFileError.
        """
        arguments: dict[str, Any] = {"security_protocol": self.protocol}
        if self.has_tls:
            arguments["ssl_context"] = client_context(self.ca, self.certificate, self.key)
        if self.has_sasl:
            arguments |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return arguments


PLAINTEXT: Final = KafkaSecurity()
"""No authentication."""
