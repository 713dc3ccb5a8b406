"""A fake API for tests of programs that use this package."""

import json
import re
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
from pydantic_core import to_json

from .failures import Problem
from .operation import Operation

Canned: TypeAlias = httpx.Response | httpx.RequestError


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """A request that came. `body` is its parsed JSON; None when it has none."""

    operation: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


class FakeTransport:
    """A handler for `httpx.MockTransport` that returns prepared answers, each once.

    `requests` has the requests in their order. A request for which no answer is left raises
    AssertionError.
    """

    def __init__(self, operations: Mapping[str, Operation[Any]]) -> None:
        """Know the operations by their name, the `operationId`."""
        self.requests: list[FakeRequest] = []
        self._operations = operations
        self._answers: defaultdict[str, deque[Canned]] = defaultdict(deque)

    def answer(
        self,
        operation: str,
        *bodies: object,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare answers: models, or JSON values. The default status is that of a success."""
        code = status or min(self._known(operation).answers)
        for body in bodies:
            content = to_json(body, by_alias=True)
            media = {"Content-Type": "application/json", **(headers or {})}
            self._answers[operation].append(httpx.Response(code, content=content, headers=media))

    def refuse(self, operation: str, problem: type[Problem], **fields: object) -> None:
        """Prepare a problem, with its fields and perhaps a `detail`."""
        self._known(operation)
        document = {
            "type": problem.uri,
            "title": problem.__name__,
            "status": problem.usual_status,
            "detail": "prepared by the test",
            "instance": "/",
            "trace_id": "0" * 32,
        } | fields
        if not problem.fits(document):
            raise ValueError(f"{problem.__name__} has the fields {', '.join(problem.fields)}")
        answer = httpx.Response(problem.usual_status, json=document)
        self._answers[operation].append(answer)

    def fail(self, operation: str) -> None:
        """Prepare a connection that ends without a response."""
        self._known(operation)
        self._answers[operation].append(httpx.ReadError("prepared by the test"))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the next answer of the operation that a request is for."""
        name = self._name(request)
        body = json.loads(request.content) if request.content else None
        self.requests.append(
            FakeRequest(name, request.url.path, dict(request.url.params), request.headers, body)
        )
        if not self._answers[name]:
            raise AssertionError(f"no answer is prepared for {name}: call answer({name!r}, ...)")
        found = self._answers[name].popleft()
        if isinstance(found, httpx.RequestError):
            raise found
        return found

    def _known(self, name: str) -> Operation[Any]:
        if name not in self._operations:
            names = ", ".join(self._operations)
            raise ValueError(f"there is no operation {name!r}; choose one of {names}")
        return self._operations[name]

    def _name(self, request: httpx.Request) -> str:
        path = request.url.raw_path.decode().partition("?")[0]
        for name, operation in self._operations.items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path)
            if operation.method == request.method and re.fullmatch(pattern, path):
                return name
        raise AssertionError(f"{request.method} {path} is no operation")
