"""The routes of the merged contract; `x-service` names the service of an operation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from waybill.http import Operation
from waybill.http.contract import BODY_LIMIT_BYTES, ErrorForm, Method

_METHODS: Final[Mapping[str, Method]] = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
_KEY: Final = "Idempotency-Key"
_EVENTS: Final = "text/event-stream"
_RATE_LIMIT: Final = "x-rate-limit"
_BEARER: Final = "bearer"
"""The scheme of the published contracts (see `waybill generate`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitClass:
    """A caller may use `quota` units in `window_seconds`, at all replicas together if `shared`."""

    quota: int
    window_seconds: int
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation and its service.

    `body_limit_bytes` is None when it takes no body. `is_stream` is true when its answer goes on
    for as long as the client listens. `is_keyed` is true when it takes an Idempotency-Key. `scopes`
    are all needed; None when it needs no bearer token. `owner` is the
    claim by which its service selects resources. A request takes `cost` units of the caller's quota
    of `limit_class`.
    """

    id: str
    service: str
    method: Method
    path: str
    body_limit_bytes: int | None = None
    is_stream: bool = False
    is_keyed: bool = False
    scopes: tuple[str, ...] | None = ()
    owner: str | None = None
    limit_class: str = "read"
    cost: int = 1
    tags: tuple[str, ...] = ()
    errors: ErrorForm = "problem"
    """The form of the errors that the contract of its service declares."""

    @property
    def is_safe(self) -> bool:
        """Whether it only reads (RFC 9110, 9.2.1)."""
        return self.method == "GET"

    @property
    def is_repeatable(self) -> bool:
        """Whether a request can be sent again when it is unknown whether it was executed."""
        return self.is_safe or self.is_keyed

    @property
    def operation(self) -> Operation:
        """The operation as FastAPI's routes show it. What it answers, its service decides."""
        return Operation(id=self.id, method=self.method, path=self.path, answers=(), tags=self.tags)


def read_routes(contract: Mapping[str, Any]) -> tuple[Route, ...]:
    """Read the routes of a merged contract."""
    return tuple(
        Route(
            id=operation["operationId"],
            service=operation["x-service"],
            errors=operation.get("x-errors", "problem"),
            method=_METHODS[method],
            path=path,
            body_limit_bytes=_body_limit_bytes(operation),
            is_stream=_is_stream(operation),
            is_keyed=_KEY in _parameter_names(contract, operation),
            scopes=_scopes(operation),
            owner=_owner(operation),
            limit_class=operation[_RATE_LIMIT]["class"],
            cost=operation[_RATE_LIMIT]["cost"],
            tags=tuple(operation.get("tags", ())),
        )
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    )


def read_rate_limits(contract: Mapping[str, Any]) -> dict[str, RateLimitClass]:
    """Read the classes of a merged contract."""
    return {name: RateLimitClass(**each) for name, each in contract["x-rate-limits"].items()}


def _body_limit_bytes(operation: Mapping[str, Any]) -> int | None:
    if "requestBody" not in operation:
        return None
    return int(operation.get("x-body-limit-bytes", BODY_LIMIT_BYTES))


def _scopes(operation: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the scopes of the bearer token. Without `security` a token is needed all the same."""
    ways = operation.get("security", [{_BEARER: []}])
    if not any(_BEARER in way for way in ways):
        return None
    return tuple(sorted({scope for way in ways for scope in way.get(_BEARER, ())}))


def _owner(operation: Mapping[str, Any]) -> str | None:
    written = operation.get("x-owner")
    return written["field"] if isinstance(written, dict) else written


def _is_stream(operation: Mapping[str, Any]) -> bool:
    return _EVENTS in operation.get("responses", {}).get("200", {}).get("content", {})


def _parameter_names(contract: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        name = parameter.get("$ref", "").rpartition("/")[2]
        yield (contract["components"]["parameters"][name] if name else parameter)["name"]
