"""Invalid and unauthorized requests get the problems of the contract; no answer has a secret."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import identity
from waybill_toolkit.testing.bad_input import bad_requests, refused_callers
from waybill_toolkit.testing.contract_check import Contract

EXAMPLES = Path(__file__).parents[4] / "contracts" / "identity" / "examples"
CONTRACT_FILE = Path(identity.__file__).with_name("contract") / "openapi.json"
CONTRACT = Contract.load(CONTRACT_FILE)

SHOWN_ONCE = {
    "CreatedApiKey.api_key",
    "CreatedServiceAccount.client_secret",
    "TotpSecret.secret",
    "RecoveryCodes.codes",
}
"""Secrets that an answer has, because it is how their owner gets to know them."""


async def test_bad_input_gets_the_problem_of_the_contract(
    administrator: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in bad_requests(CONTRACT, EXAMPLES):
        with subtests.test(str(bad)):
            await bad.send(administrator)


async def test_unauthorized_requests_are_refused(
    stranger: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in refused_callers(CONTRACT, EXAMPLES, powerless="powerless"):
        with subtests.test(str(bad)):
            await bad.send(stranger)


def test_no_answer_has_a_secret_a_digest_or_a_cipher() -> None:
    document = json.loads(CONTRACT_FILE.read_bytes())
    answered = set(_answered(document))
    schemas = document["components"]["schemas"]
    fields = {
        f"{name}.{field}" for name in answered for field in schemas[name].get("properties", {})
    }
    suspicious = ("secret", "digest", "cipher", "password", "hash", "api_key", "codes")

    assert {each for each in fields if any(word in each for word in suspicious)} == SHOWN_ONCE


def test_guesses_of_passwords_and_codes_are_limited_as_logins() -> None:
    """A write that needs no token may be sent ten times as often."""
    document = json.loads(CONTRACT_FILE.read_bytes())
    schemas = document["components"]["schemas"]
    limited = {
        operation["operationId"]: operation.get("x-rate-limit", {}).get("class")
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        and operation.get("security") == []
        and _body_fields(operation, schemas) & {"password", "email", "api_key"}
    }
    assert len(limited) >= 9
    assert set(limited.values()) == {"login"}, limited


def test_no_redirect_has_the_browser_send_a_form_again() -> None:
    document = json.loads(CONTRACT_FILE.read_bytes())
    statuses = {
        status
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
    }
    assert {each for each in statuses if each.startswith("3")} == {"303", "304"}


def _body_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """Return the names of the fields of an operation's body."""
    kinds = operation.get("requestBody", {}).get("content", {}).values()
    names = [each["schema"]["$ref"].rpartition("/")[2] for each in kinds]
    return {field for name in names for field in schemas[name]["properties"]}


def _answered(document: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the schemas that answers have, at any depth."""
    pending: list[Any] = [
        operation["responses"]
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    seen: set[str] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            reference = str(node.get("$ref", ""))
            name = reference.rpartition("/")[2]
            if reference.startswith("#/components/schemas/") and name not in seen:
                seen.add(name)
                yield name
                pending.append(document["components"]["schemas"][name])
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
