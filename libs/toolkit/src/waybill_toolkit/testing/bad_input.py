"""Bad requests for every operation of a contract, with their expected responses.

Each is a valid request from the contract's examples with one fault. The client checks the responses
against the contract (contract_check). No request reaches a handler, so the service needs no data.
Operations for browsers and for clients of OAuth (`x-errors`) have tests of their service.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
from typing_extensions import override

from waybill.http.problems import TYPE_PREFIX
from waybill_toolkit.contracts.generate.media import ERRORS, FORM, as_form
from waybill_toolkit.contracts.schema_check import Json
from waybill_toolkit.testing.contract_check import Contract, DeclaredOperation

_JSON: Final = "application/json"
_SOME_UUID: Final = "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"
_UNUSED_METHOD: Final = "PATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRequest:
    """A request, its fault, and the expected problem."""

    what: str
    operation: str
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    status: int = 0
    slug: str = ""
    pointer_prefix: str = ""
    """The expected prefix of pointers, for problems that list faults."""

    @override
    def __str__(self) -> str:
        return f"{self.operation}: {self.what}"

    async def send(self, client: httpx.AsyncClient) -> None:
        """Send it; raises AssertionError for another response."""
        response = await client.request(
            self.method,
            self.path + self.query,
            headers=dict(self.headers),
            content=self.content,
        )
        problem = response.json()
        got = (response.status_code, problem["type"].removeprefix(TYPE_PREFIX))
        if got != (self.status, self.slug):
            raise AssertionError(f"{self} -> {got}, not {(self.status, self.slug)}: {problem}")
        if self.slug.startswith("invalid-"):
            self._check_faults(problem.get("errors", []))

    def _check_faults(self, faults: list[Json]) -> None:
        pointers = [fault["pointer"] for fault in faults]
        if not faults or not all(each.startswith(self.pointer_prefix) for each in pointers):
            raise AssertionError(f"{self}: no fault at {self.pointer_prefix!r}, but {faults}")
        if not all(fault["code"] and fault["detail"] for fault in faults):
            raise AssertionError(f"{self}: a fault without code or detail: {faults}")


def bad_requests(contract: Contract, examples: Path) -> list[BadRequest]:
    """Return the bad requests of a contract; `examples` is its folder of examples."""
    found: list[BadRequest] = []
    for operation in _answering_with_problems(contract):
        good = good_request(contract, operation, examples)
        found.extend(_bad_parameters(contract, operation, good))
        if good.content is not None:
            found.extend(_bad_bodies(operation, good, examples))
    found.extend(_bad_addresses(contract, examples))
    return found


def refused_callers(contract: Contract, examples: Path, powerless: str) -> list[BadRequest]:
    """Return valid requests with invalid credentials.

    `powerless` is a token that the service knows and that has no scopes.
    """
    operations = _answering_with_problems(contract)
    guarded = (each for each in operations if each.written.get("security") != [])
    good = [good_request(contract, operation, examples) for operation in guarded]
    unknown = [
        replace(each, what=what, headers=headers, status=401, slug="unauthenticated")
        for each in good
        for what, headers in (
            ("no token", each.headers),
            ("an unknown token", _authorized(each, "Bearer stranger")),
            ("another scheme", _authorized(each, f"Basic {powerless}")),
        )
    ]
    forbidden = [
        replace(
            each,
            what="without the scope",
            headers=_authorized(each, f"Bearer {powerless}"),
            status=403,
            slug="forbidden",
        )
        for each in good
    ]
    return unknown + forbidden


def _authorized(request: BadRequest, authorization: str) -> dict[str, str]:
    return {**request.headers, "Authorization": authorization}


def good_request(contract: Contract, operation: DeclaredOperation, examples: Path) -> BadRequest:
    """Return a valid request, from the examples of the contract."""
    path = operation.path
    headers: dict[str, str] = {}
    for parameter in _parameters(contract, operation):
        value = _example_of(contract, parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value))
        elif parameter["in"] == "header" and parameter.get("required"):
            headers[parameter["name"]] = value
    content = None
    if schema := _body_schema(operation):
        content = next(iter(sorted((examples / schema).glob("valid-*.json")))).read_bytes()
        headers["Content-Type"] = _media_type(operation)
        if headers["Content-Type"] == FORM:
            content = as_form(json.loads(content)).encode()
    return BadRequest(
        what="nothing",
        operation=operation.id,
        method=operation.method,
        path=path,
        headers=headers,
        content=content,
    )


def _bad_parameters(
    contract: Contract, operation: DeclaredOperation, good: BadRequest
) -> Iterator[BadRequest]:
    def refused(what: str, place: str, **changes: Any) -> BadRequest:  # noqa: ANN401
        return replace(
            good,
            what=what,
            status=422,
            slug="invalid-parameters",
            pointer_prefix=f"/{place}",
            **changes,
        )

    for parameter in _parameters(contract, operation):
        name, schema = parameter["name"], contract.resolve(parameter["schema"])
        match parameter["in"]:
            case "path":
                value = _example_of(contract, parameter)
                yield refused(
                    f"{name} in another format",
                    f"path/{name}",
                    path=good.path.replace(quote(value), quote("*no such format*")),
                )
            case "query" if schema.get("type") == "integer":
                yield refused(f"{name} as a word", f"query/{name}", query=f"?{name}=many")
                yield refused(f"{name} below zero", f"query/{name}", query=f"?{name}=-1")
            case "query":
                yield refused(f"{name} is empty", f"query/{name}", query=f"?{name}=")
            case "header" if name == "Idempotency-Key":
                yield from _bad_keys(good)
            case "header" if name == "If-Match":
                yield replace(
                    good,
                    what="no If-Match",
                    headers=_without(good, name),
                    status=428,
                    slug="precondition-required",
                )
            case "header" if parameter.get("required"):
                yield refused(f"no {name}", f"header/{name}", headers=_without(good, name))
                odd = {**good.headers, name: "*no such format*"}
                yield refused(f"{name} in another format", f"header/{name}", headers=odd)
            case _:
                pass
    yield refused("an unknown parameter", "query/surprise", query="?surprise=1")


def _bad_keys(good: BadRequest) -> Iterator[BadRequest]:
    yield replace(
        good,
        what="no Idempotency-Key",
        headers=_without(good, "Idempotency-Key"),
        status=400,
        slug="idempotency-key-missing",
    )
    for what, key in (("with a space", "a b"), ("too long", "k" * 256), ("empty", "")):
        yield replace(
            good,
            what=f"an Idempotency-Key {what}",
            headers={**good.headers, "Idempotency-Key": key},
            status=400,
            slug="malformed-request",
        )


def _bad_bodies(
    operation: DeclaredOperation, good: BadRequest, examples: Path
) -> Iterator[BadRequest]:
    malformed = replace(good, status=400, slug="malformed-request")
    for what, content in (
        ("no body", b""),
        ("half a JSON", b'{"a": '),
        ("two JSONs", b"{} {}"),
        ("not UTF-8", b'{"a": "\xff"}'),
        ("NaN", b'{"a": NaN}'),
        ("a name twice", b'{"a": 1, "a": 2}'),
        ("too deep", b"[" * 5000 + b"]" * 5000),
    ):
        yield replace(malformed, what=what, content=content)

    invalid = replace(good, status=422, slug="invalid-body", pointer_prefix="")
    for what, content in (("an array", b"[]"), ("null", b"null"), ("a text", b'"text"')):
        yield replace(invalid, what=what, content=content)
    yield replace(invalid, what="an empty object", content=b"{}", pointer_prefix="/")
    schema = _body_schema(operation)
    for example in sorted((examples / schema).glob("invalid-*.json")):
        what = example.stem.replace("-", " ")
        yield replace(invalid, what=what, content=example.read_bytes(), pointer_prefix="/")
    for name in json.loads(good.content or b"{}"):
        yield replace(
            invalid,
            what=f"{name} is null",
            content=json.dumps({**json.loads(good.content or b"{}"), name: None}).encode(),
            pointer_prefix=f"/{name}",
        )

    limit = int(operation.written.get("x-body-limit-bytes", 64 * 1024))
    padding = b" " * limit
    large = replace(good, status=413, slug="body-too-large")
    yield replace(large, what="too large", content=(good.content or b"") + padding)

    other = replace(good, status=415, slug="unsupported-media-type")
    for media_type in ("text/plain", "application/xml", "application/json; charset=latin-1", ""):
        headers = {**good.headers, "Content-Type": media_type}
        yield replace(other, what=f"media type {media_type or 'none'}", headers=headers)


def _bad_addresses(contract: Contract, examples: Path) -> Iterator[BadRequest]:
    for operation in {each.path: each for each in _answering_with_problems(contract)}.values():
        good = good_request(contract, operation, examples)
        if _UNUSED_METHOD not in contract.methods(good.path):
            yield replace(
                good,
                what="a method that the path does not have",
                method=_UNUSED_METHOD,
                status=405,
                slug="method-not-allowed",
            )
    for path in ("/v1", "/v1/nothing-here", "/v1//", "/v2/orders"):
        yield BadRequest(
            what=f"unknown path {path}",
            operation="(none)",
            method="GET",
            path=path,
            status=404,
            slug="not-found",
        )


def _answering_with_problems(contract: Contract) -> list[DeclaredOperation]:
    return [each for each in contract.operations if ERRORS not in each.written]


def _parameters(contract: Contract, operation: DeclaredOperation) -> list[Json]:
    return [contract.resolve(each) for each in operation.written.get("parameters", [])]


def _example_of(contract: Contract, parameter: Json) -> str:
    schema = contract.resolve(parameter["schema"])
    if schema.get("format") == "uuid":
        return _SOME_UUID
    return str(parameter.get("example", schema.get("example", schema.get("default", "example"))))


def _body_schema(operation: DeclaredOperation) -> str:
    """Return the schema component of the body; empty without a body."""
    body = operation.written.get("requestBody", {})
    media = body.get("content", {}).get(_media_type(operation), {})
    return str(media.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _media_type(operation: DeclaredOperation) -> str:
    return next(iter(operation.written.get("requestBody", {}).get("content", {})), _JSON)


def _without(good: BadRequest, name: str) -> dict[str, str]:
    return {key: value for key, value in good.headers.items() if key != name}
