"""Checks responses of a service against its contract.

    contract = Contract.load(folder / "openapi.json")
    async with contract.client(transport=httpx.ASGITransport(app)) as client:
        await client.get("/v1/stock/85123A")    # an undeclared response fails here

Checked are the status, the media type, the headers, the body and, of a problem, whether the
operation lists its type. A path or method that the contract does not have must be refused with the
problem for that. Endpoints outside of the contract (health, docs) are not checked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import httpx

from waybill.http.problems import MEDIA_TYPE, TYPE_PREFIX
from waybill.http.reply import EVENTS, HTML
from waybill_toolkit.contracts.releases import recording
from waybill_toolkit.contracts.schema_check import Json, SchemaDocument, escape, read_json

_START: Final = "/"
_TEXTS: Final = {each: each.partition(";")[0] for each in (HTML, EVENTS)}
"""Media types of text as they are sent, and as they are declared."""

_BESIDE: Final = ("/health/", "/docs", "/openapi.json", "/asyncapi/")
_DECLARED_ONLY: Final = ("ETag", "Location")
"""Headers that describe the resource: they may be sent only where the contract has them."""


class ContractViolationError(AssertionError):
    """The contract does not allow a response. The message has the request and the response."""

    def __init__(self, response: httpx.Response, what: str) -> None:
        request = response.request
        super().__init__(
            f"{request.method} {request.url.raw_path.decode()} -> {response.status_code}: {what}\n"
            f"{dict(response.headers)}\n{response.text[:2000]}"
        )


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """One operation of the contract; `pointer` is its place."""

    method: str
    path: str
    pointer: str
    written: Json

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.written["operationId"])


class Contract(SchemaDocument):
    """A bundled OpenAPI document, to check responses with."""

    def __init__(self, contents: Json) -> None:
        super().__init__(contents)
        self.operations: Final = tuple(self._find_operations())

    @classmethod
    def load(cls, path: Path) -> "Contract":
        """Read a bundled openapi.json."""
        return cls(read_json(path))

    def client(self, **arguments: Any) -> httpx.AsyncClient:  # noqa: ANN401 (those of AsyncClient)
        """Return a client that checks every response."""

        async def check(response: httpx.Response) -> None:
            await response.aread()
            self.check(response)

        arguments.setdefault("base_url", "http://service")
        return httpx.AsyncClient(**arguments, event_hooks={"response": [check]})

    def check(self, response: httpx.Response) -> None:
        """Raise ContractViolationError unless the contract allows this response."""
        path = response.request.url.raw_path.decode().partition("?")[0]
        if path == _START or path.startswith(_BESIDE):
            return
        methods = self.methods(unquote(path))
        operation = methods.get("GET" if response.request.method == "HEAD" else "")
        operation = operation or methods.get(response.request.method)
        if operation is None:
            self._check_refusal(response, allowed=methods.keys())
        else:
            self._check_answer(response, operation)
            headers = self._declared_headers(operation, response.request)
            recording.note_request(operation.id, headers, response)

    def _declared_headers(
        self, operation: DeclaredOperation, request: httpx.Request
    ) -> dict[str, str]:
        parameters = [self.resolve(each) for each in operation.written.get("parameters", ())]
        names = [each["name"] for each in parameters if each["in"] == "header"]
        return {
            name: request.headers[name]
            for name in (*names, "Content-Type")
            if name in request.headers
        }

    def methods(self, path: str) -> Mapping[str, DeclaredOperation]:
        """Find the operations of a path, by method."""
        return {each.method: each for each in self.operations if _fits(path, each.path)}

    def _find_operations(self) -> Iterator[DeclaredOperation]:
        for path, item in self.contents["paths"].items():
            for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
                pointer = f"/paths/{escape(path)}/{method}"
                yield DeclaredOperation(method.upper(), path, pointer, item[method])

    def _check_answer(self, response: httpx.Response, operation: DeclaredOperation) -> None:
        status = str(response.status_code)
        written = operation.written["responses"].get(status)
        if written is None:
            raise ContractViolationError(response, f"{operation.id} declares no status {status}")
        pointer = f"{operation.pointer}/responses/{status}"
        if "$ref" in written:
            pointer = str(written["$ref"]).removeprefix("#")
        declared = self.resolve(written)
        self._check_headers(response, declared)
        self._check_content(response, declared, pointer)
        if MEDIA_TYPE in declared.get("content", {}):
            _check_problem(response, declared["x-problems"])
            self._check_problem_type(response, declared)

    def _check_headers(self, response: httpx.Response, declared: Json) -> None:
        headers = {
            name.lower(): self.resolve(each) for name, each in declared.get("headers", {}).items()
        }
        for name in _DECLARED_ONLY:
            if name.lower() not in headers and name in response.headers:
                raise ContractViolationError(response, f"the header {name} is not declared")
        for name, header in headers.items():
            texts = response.headers.get_list(name)
            if not texts and header.get("required"):
                raise ContractViolationError(response, f"the header {name} is missing")
            for text in texts:
                if wrong := self._header_faults(header, text):
                    raise ContractViolationError(response, f"the header {name}: {wrong}")

    def _header_faults(self, header: Json, text: str) -> list[str]:
        schema = self.resolve(header["schema"])
        schema = schema["items"] if schema.get("type") == "array" else schema
        value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
        return self.faults_by(schema, value)

    def _check_content(self, response: httpx.Response, declared: Json, pointer: str) -> None:
        content = declared.get("content", {})
        if not content:
            if response.content:
                raise ContractViolationError(response, "no content is declared")
            return
        media_type = response.headers.get("content-type", "")
        is_text = media_type in _TEXTS
        is_bare = media_type in _TEXTS.values()
        if is_bare or _TEXTS.get(media_type, media_type) not in content:
            raise ContractViolationError(response, f"the media type {media_type} is not declared")
        if response.request.method == "HEAD" or is_text:
            return
        schema = f"{pointer}/content/{escape(media_type)}/schema"
        if wrong := self.faults(schema, _json(response)):
            raise ContractViolationError(response, "\n".join(wrong))

    def _check_problem_type(self, response: httpx.Response, declared: Json) -> None:
        """Check a problem by the schema of its type, which is one of several alternatives."""
        union = self.resolve(declared["content"][MEDIA_TYPE]["schema"])
        mapping = union.get("discriminator", {}).get("mapping", {})
        problem = _json(response)
        schema = mapping.get(problem["type"])
        if schema and (wrong := self.faults(schema.removeprefix("#"), problem)):
            raise ContractViolationError(response, "\n".join(wrong))

    def _check_refusal(self, response: httpx.Response, allowed: Iterable[str]) -> None:
        methods = set(allowed)
        is_options = bool(methods) and response.request.method == "OPTIONS"
        expected = 204 if is_options else 405 if methods else 404
        if response.status_code != expected:
            raise ContractViolationError(
                response, f"the contract has no such operation: {expected}"
            )
        if not is_options:
            if wrong := self.faults("/components/schemas/Problem", _json(response)):
                raise ContractViolationError(response, "\n".join(wrong))
            _check_problem(response, ["method-not-allowed" if methods else "not-found"])
        allow = {each.strip() for each in response.headers.get("allow", "").split(",")} - {""}
        if allow - {"HEAD", "OPTIONS"} != methods:
            raise ContractViolationError(response, f"Allow is not {sorted(methods)}")


def _check_problem(response: httpx.Response, slugs: list[str]) -> None:
    """Check that a problem matches its contract, status and request."""
    if response.headers.get("content-type") != MEDIA_TYPE:
        raise ContractViolationError(response, f"the media type is not {MEDIA_TYPE}")
    problem = _json(response)
    slug = problem["type"].removeprefix(TYPE_PREFIX)
    if slug not in slugs:
        raise ContractViolationError(response, f"the problem {slug} is none of {slugs}")
    if problem["status"] != response.status_code:
        raise ContractViolationError(response, "the status in the body differs")
    if problem["instance"] != response.request.url.raw_path.decode().partition("?")[0]:
        raise ContractViolationError(response, "instance is not the path of the request")
    if "Traceback" in response.text or ".py" in response.text:
        raise ContractViolationError(response, "the response exposes internals of the service")


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return response.json()
    except ValueError:
        raise ContractViolationError(response, "the body is not JSON") from None


def _fits(path: str, template: str) -> bool:
    steps, wanted = path.split("/"), template.split("/")
    return len(steps) == len(wanted) and all(
        step == want or (want.startswith("{") and step != "")
        for step, want in zip(steps, wanted, strict=True)
    )
