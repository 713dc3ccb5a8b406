"""How a client connects to Kafka: which protocol, and as which user (SASL).

The names and values are those of Kafka's clients: `security.protocol`, `sasl.mechanism`.
https://kafka.apache.org/documentation/#security_sasl
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SASL_PLAINTEXT"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """A protocol, and with SASL the user and how its password is proven."""

    protocol: SecurityProtocol = "PLAINTEXT"
    mechanism: SaslMechanism = "SCRAM-SHA-256"
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def has_sasl(self) -> bool:
        """Whether the client authenticates itself."""
        return self.protocol.startswith("SASL_")

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for a connection or a client of aiokafka."""
        if not self.has_sasl:
            return {"security_protocol": self.protocol}
        return {
            "security_protocol": self.protocol,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


PLAINTEXT: Final = KafkaSecurity()
"""No authentication."""
