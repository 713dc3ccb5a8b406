"""The brokers of an instance, as the served AsyncAPI document names them.

https://www.asyncapi.com/docs/reference/specification/v3.0.0#serverObject
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from waybill.kafka.security import PLAINTEXT, KafkaSecurity, SaslMechanism

_SCHEME: Final = "sasl"
_TYPES: Final[Mapping[SaslMechanism, str]] = {
    "PLAIN": "plain",
    "SCRAM-SHA-256": "scramSha256",
    "SCRAM-SHA-512": "scramSha512",
}


@dataclass(frozen=True, slots=True)
class Brokers:
    """Where the brokers are, and how a client logs in."""

    bootstrap_servers: str = ""
    """host:port of one or more, separated by commas; empty if the process does not know any."""
    security: KafkaSecurity = PLAINTEXT

    def describe(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an AsyncAPI document with its servers."""
        addresses = [each.strip() for each in self.bootstrap_servers.split(",") if each.strip()]
        if not addresses:
            return document
        servers = {
            "kafka" if number == 1 else f"kafka-{number}": self._server(address)
            for number, address in enumerate(addresses, start=1)
        }
        if not self.security.has_sasl:
            return {**document, "servers": servers}
        schemes = {_SCHEME: {"type": _TYPES[self.security.mechanism]}}
        components = {**document.get("components", {}), "securitySchemes": schemes}
        return {**document, "servers": servers, "components": components}

    def _server(self, address: str) -> dict[str, Any]:
        server: dict[str, Any] = {"host": address, "protocol": "kafka"}
        if self.security.has_sasl:
            server["security"] = [{"$ref": f"#/components/securitySchemes/{_SCHEME}"}]
        return server
