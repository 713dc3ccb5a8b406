"""What the served contracts say of the instance that serves them.

A contract is the same for every instance: it requires bearer tokens, and names no broker. The
served document requires tokens only if this instance does, and names its address and brokers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Scope

from waybill.kafka.security import SaslMechanism

Document = dict[str, Any]

_HOST: Final = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", re.ASCII)
_SASL: Final = "sasl"
_SASL_SCHEMES: Final[Mapping[SaslMechanism, Document]] = {
    "PLAIN": {"type": "plain"},
    "SCRAM-SHA-256": {"type": "scramSha256"},
    "SCRAM-SHA-512": {"type": "scramSha512"},
    "OAUTHBEARER": {"type": "http", "scheme": "bearer"},
}
"""What AsyncAPI calls them (Security Scheme Object)."""
_METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Instance:
    """The settings of an instance that its clients need to know."""

    is_open: bool = False
    """Whether every caller may do everything, without a token."""
    brokers: tuple[str, ...] = ()
    """host:port of each broker; empty if the process does not know them."""
    sasl: SaslMechanism | None = None
    """How clients log in at the brokers; None if they need not."""
    has_tls_brokers: bool = False
    """Whether connections to the brokers use TLS."""
    topic_prefix: str = ""
    """What the names of topics begin with on the brokers."""

    def describe(self, document: Document, scope: Scope) -> Document:
        """Return a contract as this instance fulfils it; `scope` is that of the request."""
        if "asyncapi" in document:
            return self._asyncapi(document)
        return self._openapi(document, scope)

    def _openapi(self, document: Document, scope: Scope) -> Document:
        host = Headers(scope=scope).get("host", "")
        if document.get("servers") == [{"url": "/"}] and _HOST.fullmatch(host):
            document = {**document, "servers": [{"url": f"{scope['scheme']}://{host}"}]}
        return _without_security(document) if self.is_open else document

    def _asyncapi(self, document: Document) -> Document:
        if not self.brokers:
            return document
        if self.topic_prefix:
            document = _with_prefix(document, self.topic_prefix)
        servers = {
            "kafka" if number == 1 else f"kafka-{number}": self._server(address)
            for number, address in enumerate(self.brokers, start=1)
        }
        if self.sasl is None:
            return {**document, "servers": servers}
        schemes = {_SASL: _SASL_SCHEMES[self.sasl]}
        components = {**document.get("components", {}), "securitySchemes": schemes}
        return {**document, "servers": servers, "components": components}

    def _server(self, address: str) -> Document:
        server: Document = {
            "host": address,
            "protocol": "kafka-secure" if self.has_tls_brokers else "kafka",
        }
        if self.sasl is not None:
            server["security"] = [{"$ref": f"#/components/securitySchemes/{_SASL}"}]
        return server


def _with_prefix(document: Document, prefix: str) -> Document:
    channels = {
        name: {**channel, "address": prefix + channel["address"]}
        for name, channel in document.get("channels", {}).items()
    }
    return {**document, "channels": channels}


def _without_security(document: Document) -> Document:
    paths = {path: _without_requirements(item) for path, item in document.get("paths", {}).items()}
    components = _without(document.get("components", {}), "securitySchemes")
    return {**_without(document, "security"), "paths": paths, "components": components}


def _without_requirements(path_item: Document) -> Document:
    return {
        key: _without(value, "security") if key in _METHODS else value
        for key, value in path_item.items()
    }


def _without(value: Mapping[str, Any], name: str) -> Document:
    return {key: each for key, each in value.items() if key != name}
