"""What each demo principal may call: every operation, with the token that identity gives it.

The table of operations is the merged contract; which scopes a token has is read from the token.
"""

import json
from base64 import urlsafe_b64decode
from collections import Counter
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import read_json
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import PEOPLE, SHOP
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token

CONTRACT: Final = read_json(Repository.around(Path(__file__)).package(GATEWAY) / "openapi.json")
GUARDED: Final = [
    (method.upper(), path, operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method != "parameters" and any("bearer" in way for way in operation["security"])
]
"""The operations that need a token."""


def test_each_operation_refuses_the_principals_that_lack_its_scope(
    guarded_platform: Platform, request: pytest.FixtureRequest
) -> None:
    address = guarded_platform.addresses[GATEWAY]
    principals = (*PEOPLE, SHOP)
    tokens = {name: fetch_token(guarded_platform, name) for name in principals}
    wrong, counts = [], Counter[str]()
    with httpx.Client(base_url=address, timeout=30) as http:
        for method, path, operation in GUARDED:
            for name in (None, *principals):
                status = _ask(http, method, path, tokens.get(name or ""))
                expected = _expected(operation, tokens.get(name or ""))
                counts[expected] += 1
                if not _is(expected, status):
                    wrong.append(f"{method} {path} by {name}: {status}, expected {expected}")

    text = ", ".join(f"{count} {each}" for each, count in sorted(counts.items()))
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\n{len(GUARDED)} operations, {len(principals)} principals: {text}")
    assert wrong == []
    assert min(counts.values()) > 0


def _ask(http: httpx.Client, method: str, path: str, token: str | None) -> int:
    """Send a request for a resource that does not exist, so that nothing changes."""
    headers = {"Idempotency-Key": str(uuid4())}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return http.request(method, _unknown(path), headers=headers).status_code


def _unknown(path: str) -> str:
    return "/".join(str(uuid4()) if each.startswith("{") else each for each in path.split("/"))


def _expected(operation: dict[str, Any], token: str | None) -> str:
    if token is None:
        return "401"
    found = _scopes(token)
    ways = [scopes for way in operation["security"] for scopes in way.values()]
    return "admitted" if any(set(scopes) <= found for scopes in ways) else "403"


def _scopes(token: str) -> set[str]:
    payload = token.split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return set(claims["scope"].split())


def _is(expected: str, status: int) -> bool:
    if expected == "admitted":
        return status not in (401, 403) and status < 500
    return str(status) == expected
