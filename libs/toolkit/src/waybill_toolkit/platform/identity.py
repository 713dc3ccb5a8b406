"""The secrets of the identity service on a laptop, and the principals of a demonstration.

Everything is random, made once, and in files below the data folder that only the current user can
read: keys that encrypt columns, the API keys of five people, the client secret of the demo's shop.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from waybill.api_keys import new_api_key
from waybill.clock import SystemClock
from waybill.key_files import KEY_BYTES, SUFFIX
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.secret_files import SecretFiles, write_new

IDENTITY: Final = "identity"
AUDIENCE: Final = "waybill"
PEOPLE: Final = ("alice", "bob", "carol", "dave", "erin")
"""Customers alice and bob, the clerk carol, dave, who may do nothing, and erin, who administers."""
SHOP: Final = "demo-shop"
"""A service with the scopes of all operations but those of identity."""

_KEYS: Final = "identity-keys"
_DEMO: Final = "demo"


class AccessMode(StrEnum):
    """Who may call the services of a platform."""

    OPEN = "open"
    """Every caller may do everything."""
    TOKENS = "tokens"
    """The bearers of tokens that identity has issued."""


def issuer_of(port_base: int) -> str:
    """Return the `iss` of tokens: the address of the gateway, which leads to identity."""
    return f"http://{LOOPBACK}:{port_base}"


def access_settings(mode: AccessMode, port_base: int) -> dict[str, str]:
    """Return the settings of every service for this mode."""
    if mode is AccessMode.OPEN:
        return {"WAYBILL_ACCESS": "open"}
    return {"WAYBILL_ACCESS": issuer_of(port_base), "WAYBILL_ACCESS_AUDIENCE": AUDIENCE}


def identity_settings(data: Path, port_base: int, contracts: Iterable[Path]) -> dict[str, str]:
    """Return the settings of identity; create the secrets that are missing.

    `contracts` are the OpenAPI documents of the services: demo-shop gets all of their scopes.
    """
    files = SecretFiles(data)
    keys, demo = files.folder(_KEYS), files.folder(_DEMO)
    if not any(keys.glob(f"*{SUFFIX}")):
        created = f"{SystemClock().now():%Y%m%dT%H%M%SZ}"
        _ensure(keys / f"{created}{SUFFIX}", secrets.token_hex(KEY_BYTES))
    for name in PEOPLE:
        _ensure(demo / name, new_api_key(uuid4()).text)
    _ensure(demo / SHOP, secrets.token_urlsafe(KEY_BYTES))
    return {
        "WAYBILL_PUBLIC_URL": issuer_of(port_base),
        "WAYBILL_AUDIENCE": AUDIENCE,
        "WAYBILL_KEY_ENCRYPTION_KEYS": str(keys),
        "WAYBILL_INDEX_KEY_FILE": str(files.file("identity-index-key")),
        "WAYBILL_MAIL_FOLDER": str(_mail_folder(data)),
        "WAYBILL_DEMO_USERS": str(demo),
        "WAYBILL_DEMO_SCOPES": " ".join(sorted(scopes_of(contracts))),
    }


def scopes_of(contracts: Iterable[Path]) -> set[str]:
    """Return the scopes of all operations of OpenAPI documents; a missing file has none."""
    return {scope for path in contracts if path.is_file() for scope in _scopes(path)}


def secret_of(data: Path, name: str) -> str | None:
    """Return the API key of a person, or the client secret of the shop; None if there is none."""
    path = data / "secrets" / _DEMO / name
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _ensure(path: Path, text: str) -> None:
    if not path.exists():
        write_new(path, f"{text}\n")


def _mail_folder(data: Path) -> Path:
    path = data / "mail"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _scopes(contract: Path) -> Iterator[str]:
    """Yield the scopes that a service's operations ask for, and those for everybody's resources."""
    document = json.loads(contract.read_bytes())
    service = contract.parents[1].name
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                yield from _scopes_of(operation, service)


def _scopes_of(operation: Mapping[str, Any], service: str) -> Iterator[str]:
    for way in operation.get("security", ()):
        for scopes in way.values():
            yield from scopes
    owner = operation.get("x-owner")
    if isinstance(owner, dict):
        yield owner["any"]
    elif owner:
        yield f"{service}:any"
