"""Reads from the contracts of the services which events they receive."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from waybill_toolkit.platform.wheels import installed_package


def event_types_received(services: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the event types that each service receives by its contract."""
    return {service: _received(_contract(service)) for service in services}


def _contract(service: str) -> Mapping[str, Any]:
    path = installed_package(service) / "contract" / "asyncapi.json"
    contract: dict[str, Any] = orjson.loads(path.read_bytes())
    return contract


def _received(contract: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        _resolve(contract, _resolve(contract, message))["name"]
        for operation in contract.get("operations", {}).values()
        if operation["action"] == "receive"
        for message in operation["messages"]
    )


def _resolve(contract: Mapping[str, Any], reference: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a `$ref` inside a bundled contract (RFC 6901, without escapes)."""
    found: Any = contract
    for name in reference["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    resolved: Mapping[str, Any] = found
    return resolved
