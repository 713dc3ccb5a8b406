"""The HTTP API of one service, with retries while the service is unavailable.

ServiceError
├── UnreachableError    the service was unavailable until the timeout
└── RefusedError        the service returned a problem (RFC 9457)
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from waybill_toolkit.contracts.sdk.python.runtime.tokens import AsyncTokenProvider
from waybill_toolkit.operations.workload.tokens import BearerOrigin
from waybill_toolkit.operations.workload.wire import ConnectionLostError, Origin, Response

PAGE_LIMIT: Final = 500  # the contracts' maximum
FIRST_DELAY_SECONDS: Final = 0.05
LAST_DELAY_SECONDS: Final = 1.0
# A killed service is ready within seconds, PostgreSQL after a crash within a minute.
PATIENCE_SECONDS: Final = 90.0

TEMPORARY: Final = (429, 502, 503, 504)
"""Statuses of a gateway, too. The request may have been executed: each has its Idempotency-Key."""

_PROBLEM_TYPE: Final = "urn:waybill:problem:"


class ServiceError(Exception):
    """A request failed; the message is one sentence."""


class UnreachableError(ServiceError):
    """No response but temporary errors until the timeout. The request may have succeeded."""


class RefusedError(ServiceError):
    """The service refused the request; `slug` is the problem type."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug


class Service:
    """Sends requests to one service, with retries."""

    def __init__(
        self,
        name: str,
        base_url: str,
        patience_seconds: float = PATIENCE_SECONDS,
        tokens: AsyncTokenProvider | None = None,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme != "http" or address.hostname is None:
            raise ValueError(f"{base_url} is not an http:// address")
        self._name = name
        self._origin = BearerOrigin(Origin(address.hostname, address.port or 80), tokens)
        self._patience_seconds = patience_seconds
        self.failures: list[str] = []
        """Why requests were repeated."""

    async def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of a resource. Raises UnreachableError, RefusedError."""
        target = f"{path}?{urlencode(query)}" if query else path
        return await self._ask("GET", target, {})

    async def post(self, path: str, body: object, key: str) -> Any:  # noqa: ANN401 - JSON
        """Send a request, with retries under the same Idempotency-Key, and return the JSON.

        Raises UnreachableError, RefusedError.
        """
        headers = {"content-type": "application/json", "idempotency-key": key}
        return await self._ask("POST", path, headers, orjson.dumps(body))

    async def put(self, path: str, body: object, version: str) -> Any:  # noqa: ANN401 - JSON
        """Replace a resource that still has this ETag, and return the JSON.

        A retry after a lost response finds a new version. Raises UnreachableError, RefusedError.
        """
        headers = {"content-type": "application/json", "if-match": version}
        return await self._ask("PUT", path, headers, orjson.dumps(body))

    async def items(
        self, path: str, query: Mapping[str, object] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Iterate over the items of all pages."""
        cursor: str | None = None
        while True:
            page = {"limit": PAGE_LIMIT, **(query or {})}
            if cursor:
                page["cursor"] = cursor
            answer = await self.get(path, page)
            for item in answer["items"]:
                yield item
            cursor = answer["next_cursor"]
            if cursor is None:
                return

    def close(self) -> None:
        """Close the connections."""
        self._origin.close()

    async def _ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Any:  # noqa: ANN401 - JSON
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        delay_seconds = FIRST_DELAY_SECONDS
        while True:
            try:
                response = await self._origin.request(method, target, headers, body)
                trouble = _passing_trouble(response)
            except ConnectionLostError as error:
                response, trouble = None, str(error)
            if response and not trouble:
                return _json_or_refusal(self._name, response)
            self.failures.append(f"{method} {target}: {trouble}")
            if loop.time() + delay_seconds > deadline:
                raise UnreachableError(
                    f"{self._name} did not respond to {method} {target} within "
                    f"{self._patience_seconds:g} s: {trouble}."
                )
            # The jitter prevents all clients from retrying at the same time.
            await asyncio.sleep(delay_seconds * random.uniform(0.5, 1.0))  # noqa: S311
            delay_seconds = min(delay_seconds * 2, LAST_DELAY_SECONDS)


def _passing_trouble(response: Response) -> str:
    """Describe a temporary error: the service is unavailable, or the first request is running."""
    if response.status in TEMPORARY:
        return f"it responds with {response.status}"
    if response.status == 409 and _problem(response)[0] == "idempotency-key-in-use":
        return "it is still processing the first request"
    return ""


def _json_or_refusal(name: str, response: Response) -> Any:  # noqa: ANN401 - JSON
    if response.status < 300:
        return orjson.loads(response.body)
    slug, detail = _problem(response)
    if trace_id := response.headers.get("x-trace-id"):
        detail = f"{detail} (trace {trace_id})"
    raise RefusedError(
        response.status, slug, f"{name} responds with {response.status} {slug}: {detail}"
    )


def _problem(response: Response) -> tuple[str, str]:
    """Return the slug and the detail of a problem, or substitutes for another response."""
    try:
        problem = orjson.loads(response.body)
        faults = "".join(
            f"; {fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ())
        )
        return problem["type"].removeprefix(_PROBLEM_TYPE), problem["detail"] + faults
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", response.body[:200].decode("utf-8", "replace")
