"""The public contract, as the generators of client packages need it.

It is derived from the merged document of the gateway, so every SDK includes every service that has
a contract. It adds what a client needs beyond OpenAPI, once for all languages:

- `Operation.is_idempotent`: it takes an Idempotency-Key. The client generates one unless the caller
  passes one, and sends the same key with every retry.
- `Operation.is_repeatable`: it can be retried when the outcome is unknown.
- `Operation.page`: it returns pages with a cursor.
- `Operation.follow`: it reads a resource whose status changes by itself. The client can wait for a
  final status, and raises an error class for a refusal.
- `Operation.problems`: the problem types that it can return, by slug.
- `PublicContract.problems`: all problem types, each an error class; `is_temporary` says which can
be
  retried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.names import pascal

Schema: TypeAlias = Mapping[str, Any]

PROBLEM_URI: Final = "urn:waybill:problem:"

TEMPORARY_STATUSES: Final = (408, 429, 502, 503, 504)
"""Responses with these are retried, whatever their body, which may come from a proxy."""

TEMPORARY_SLUGS: Final = ("idempotency-key-in-use",)
"""Retried too, because a retry can arrive while the first request is still running."""


class UnsupportedContractError(Exception):
    """The contract is valid, but a language cannot express it. The message says what to change."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem type of the registry. `fields` has its additional fields by name."""

    slug: str
    status: int
    title: str
    fields: Mapping[str, Schema]

    @property
    def uri(self) -> str:
        return PROBLEM_URI + self.slug

    @property
    def class_name(self) -> str:
        """`unknown-sku` as `UnknownSku`."""
        return pascal(self.slug)

    @property
    def is_temporary(self) -> bool:
        return self.status in TEMPORARY_STATUSES or self.slug in TEMPORARY_SLUGS


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query or header parameter, except Idempotency-Key (see `is_idempotent`)."""

    name: str
    place: str
    argument: str
    """The name in snake_case: `If-Match` is `if_match`."""
    required: bool
    schema: Schema
    """As written in the document, possibly a `$ref`."""
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A success response. `schema` names the schema of its body; None when it has no body."""

    status: int
    description: str
    schema: str | None
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`item` names the schema of the items; None when that schema has no name.

    The query parameter `cursor` selects a page. `items` has its items, `next_cursor` the cursor of
    the next page, null on the last one.
    """

    item: str | None


@dataclass(frozen=True, slots=True)
class Follow:
    """The final states of a resource (`x-follow` of a GET operation).

    `status` names the field to poll and `until` its final values. `refusal` names the field that is
    present after a refusal, an object with a `code` and a `detail`; each of `codes` is an error
    class. `resource` names the schema of the response.
    """

    resource: str
    status: str
    until: tuple[str, ...]
    refusal: str
    codes: tuple[str, ...]

    @property
    def base_class_name(self) -> str:
        """The base class of all refusals, which is also used for unknown codes."""
        return f"{self.resource}Refused"

    def class_name(self, code: str) -> str:
        """Return the error class of a code: `out_of_stock` of an `Order` is `OrderOutOfStock`."""
        return self.resource + pascal(code)


@dataclass(frozen=True, slots=True)
class Operation:
    """One public operation."""

    id: str
    """snake_case, unique over all services."""
    service: str
    method: str
    """In upper case."""
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...] | None
    """All of them are required; None for a public operation."""
    parameters: tuple[Parameter, ...]
    body: str | None
    """The schema of its JSON body, which is then required."""
    answers: tuple[Answer, ...]
    """At least one."""
    problems: tuple[str, ...]
    """Slugs, sorted."""
    is_idempotent: bool
    """Whether it requires an Idempotency-Key."""
    is_repeatable: bool
    """Whether it can be retried when the outcome is unknown."""
    page: Page | None
    follow: Follow | None


@dataclass(frozen=True, slots=True)
class PublicContract:
    """The merged contract. Operations are in document order; problems are sorted by slug."""

    openapi: Mapping[str, Any]
    version: str
    """The version of the document, `1.0.0`, and of the SDKs."""
    operations: tuple[Operation, ...]
    problems: tuple[Problem, ...]
    """The problems of the runtime, the gateway and the public operations."""

    @property
    def services(self) -> tuple[str, ...]:
        """The services with a public operation, sorted by name."""
        return tuple(sorted({each.service for each in self.operations}))

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """All schemas of the operations by name."""
        found: Mapping[str, Schema] = self.openapi["components"]["schemas"]
        return found

    def of(self, service: str) -> tuple[Operation, ...]:
        """Return the operations of one service."""
        return tuple(each for each in self.operations if each.service == service)

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref`, also repeatedly."""
        return resolve(self.openapi, value)


def resolve(openapi: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `$ref`, also repeatedly."""
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = openapi["components"][kind][name]
    return value
