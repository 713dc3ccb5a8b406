"""Checks of the responses of one path, after they were sent.

It checks the status, the media type, the headers, the body and the problem type against the
contract. A method that the path does not have must be refused with 405, except OPTIONS.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Json, Schemas
from waybill.http.problems import MEDIA_TYPE, TYPE_PREFIX
from waybill.http.reply import EVENTS, HTML

BODY_BYTES_MAX: Final = 4 * 1024 * 1024
"""A page of 500 orders of 50 lines each. A larger body is not checked."""

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SENT_AS: Final = {each.partition(";")[0]: each for each in (HTML, EVENTS)}
"""The media types of text, with the charset that they are sent with."""

_DECLARED_ONLY: Final = frozenset({"etag", "location"})
"""Headers that describe the resource: allowed only where the contract declares them."""

Fault = tuple[str, str]
"""The part of an answer that violates the contract, and the place."""


class CheckedAnswers:
    """Passes messages through unchanged, and checks each answer when it is complete."""

    def __init__(self, app: ASGIApp, contract: "PathContract", findings: Findings) -> None:
        self._app = app
        self._contract = contract
        self._findings = findings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = _SentAnswer()

        async def send_and_record(message: Message) -> None:
            await send(message)
            sent.record(message)
            if sent.is_complete:
                self._check(scope["method"], sent)

        await self._app(scope, receive, send_and_record)

    def _check(self, method: str, sent: "_SentAnswer") -> None:
        subject = self._contract.subject(method)
        self._findings.checked("answer")
        for part, place in self._contract.faults(method, sent):
            self._findings.violation("answer", subject, part, place)


class _SentAnswer:
    """An answer as it was sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_complete = False
        self._chunks: list[bytes] = []
        self._size = 0

    @property
    def body(self) -> bytes | None:
        """The body; None when it was too large to buffer."""
        return b"".join(self._chunks) if self._size <= BODY_BYTES_MAX else None

    def record(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                str(name, "latin-1").lower(): str(value, "latin-1")
                for name, value in message["headers"]
            }
            return
        chunk = b"" if self.headers.get("content-type") == EVENTS else message.get("body", b"")
        self._size += len(chunk)
        if self._size <= BODY_BYTES_MAX:
            self._chunks.append(chunk)
        self.is_complete = not message.get("more_body", False)


class PathContract:
    """The contract of one path."""

    def __init__(self, schemas: Schemas, path: str) -> None:
        self._path = path
        item = schemas.document["paths"][path]
        self._operations = {
            method.upper(): _Operation(schemas, item[method])
            for method in _METHODS
            if method in item
        }

    def subject(self, method: str) -> str:
        """Return the operation id, or the path for a method that it does not have."""
        operation = self._operation(method)
        return operation.id if operation else self._path

    def faults(self, method: str, sent: _SentAnswer) -> Iterator[Fault]:
        """Yield the violations of an answer."""
        operation = self._operation(method)
        if operation is None:
            if sent.status != (204 if method == "OPTIONS" else 405):
                yield "status", f"{sent.status} to a method that is not declared"
            return
        answer = operation.answers.get(sent.status)
        if answer is None:
            yield "status", f"{sent.status} is not declared"
            return
        yield from answer.head_faults(sent.headers)
        if method != "HEAD" and sent.body is not None:
            yield from answer.body_faults(sent.status, sent.headers, sent.body)

    def _operation(self, method: str) -> "_Operation | None":
        return self._operations.get("GET" if method == "HEAD" else method)


class _Operation:
    def __init__(self, schemas: Schemas, written: Json) -> None:
        self.id = str(written["operationId"])
        self.answers = {
            int(status): _Answer(schemas, schemas.resolve(answer))
            for status, answer in written["responses"].items()
        }


class _Answer:
    """One declared answer, with compiled schemas."""

    def __init__(self, schemas: Schemas, declared: Json) -> None:
        content = declared.get("content", {})
        self._bodies = {
            _SENT_AS.get(media_type, media_type): schemas.checker(
                _without_types(schemas, each["schema"])
            )
            for media_type, each in content.items()
        }
        headers = {
            name.lower(): schemas.resolve(header)
            for name, header in declared.get("headers", {}).items()
        }
        self._headers = {name: _Header(schemas, header) for name, header in headers.items()}
        self._problems = declared.get("x-problems")
        union = schemas.resolve(content.get(MEDIA_TYPE, {}).get("schema", {}))
        self._types = {
            name: schemas.checker({"$ref": reference})
            for name, reference in _mapping(union).items()
        }

    def head_faults(self, headers: Mapping[str, str]) -> Iterator[Fault]:
        for name in _DECLARED_ONLY & headers.keys() - self._headers.keys():
            yield "header", f"{name} is not declared"
        for name, header in self._headers.items():
            yield from (("header", f"{name}: {each}") for each in header.faults(headers.get(name)))
        media_type = headers.get("content-type", "")
        if self._bodies and media_type not in self._bodies:
            yield "media type", "not declared"

    def body_faults(self, status: int, headers: Mapping[str, str], body: bytes) -> Iterator[Fault]:
        if not self._bodies:
            if body:
                yield "body", "none is declared"
            return
        check = self._bodies.get(headers.get("content-type", ""))
        if check is None:
            return
        if headers["content-type"] in _SENT_AS.values():
            return
        try:
            value = orjson.loads(body)
        except ValueError:
            yield "body", "is not JSON"
            return
        places = check(value)
        yield from (("body", place) for place in places)
        if not places and headers["content-type"] == MEDIA_TYPE:
            yield from self._problem_faults(status, value)

    def _problem_faults(self, status: int, problem: Mapping[str, Any]) -> Iterator[Fault]:
        slug = problem["type"].removeprefix(TYPE_PREFIX)
        if self._problems is not None and slug not in self._problems:
            yield "problem", f"{slug} is not declared"
        if problem["status"] != status:
            yield "problem", "has another status"
        elif check := self._types.get(problem["type"]):
            yield from (("body", place) for place in check(problem))


def _without_types(schemas: Schemas, schema: Json) -> Json:
    """Return the last alternative of a union of problem types, which every problem matches.

    The types are checked separately: each is compiled once, not once for each union with it.
    """
    union = schemas.resolve(schema)
    last: Json = union["anyOf"][-1] if _mapping(union) else schema
    return last


def _mapping(union: Json) -> Mapping[str, str]:
    mapping: Mapping[str, str] = union.get("discriminator", {}).get("mapping", {})
    return mapping


class _Header:
    def __init__(self, schemas: Schemas, declared: Json) -> None:
        self._required = bool(declared.get("required"))
        schema = schemas.resolve(declared["schema"])
        self._is_number = schema.get("type") == "integer"
        items = schema["items"] if schema.get("type") == "array" else schema  # one header for each
        self._check = schemas.checker(items)

    def faults(self, text: str | None) -> list[str]:
        if text is None:
            return ["is missing"] if self._required else []
        return self._check(int(text) if self._is_number and text.isdigit() else text)
