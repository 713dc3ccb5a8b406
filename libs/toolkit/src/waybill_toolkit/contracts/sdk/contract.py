"""The public contract, as those who write client packages need it.

Everything here is read from what `waybill generate` merges for the gateway, so an operation of a
new service is in every SDK because its contract is there. What a client has to know beyond the
OpenAPI document is worked out once, here, so that all languages agree on it:

- `Operation.is_idempotent`: it takes an Idempotency-Key. The client makes one where its user gives
  none, and sends the same one with every repeat.
- `Operation.is_repeatable`: a client may send it again when it does not know whether it was done.
- `Operation.page`: it answers page by page; the client goes on with the cursor.
- `Operation.follow`: it reads something that moves by itself; the client can wait for its end, and
  turns a refusal into an error class.
- `Operation.problems`: the problem types that it can answer, by slug.
- `PublicContract.problems`: all problem types, each an error class; `is_temporary` says which are
  worth another try.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.gateway import merge_contracts
from waybill_toolkit.contracts.generate.names import pascal, snake
from waybill_toolkit.contracts.generate.openapi import JSON, METHODS, PUBLIC
from waybill_toolkit.contracts.generate.parameters import IDEMPOTENCY_KEY
from waybill_toolkit.contracts.generate.problems import read_registry
from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.contracts.generate.schemas import SHARED
from waybill_toolkit.contracts.generate.service import open_documents
from waybill_toolkit.contracts.lint.follows import FOLLOW, follow_faults
from waybill_toolkit.contracts.lint.operations import REPEATABLE

Schema: TypeAlias = Mapping[str, Any]

PROBLEM_URI: Final = "urn:waybill:problem:"

TEMPORARY_STATUSES: Final = (408, 429, 502, 503, 504)
"""Answers of these are worth another try, whatever their body (a proxy may have written it)."""

TEMPORARY_SLUGS: Final = ("idempotency-key-in-use",)
"""So is this one: a repeat can come while the first request still runs."""

_CURSOR: Final = "cursor"
_PAGE_FIELDS: Final = ("items", "next_cursor")


class NotSayableError(Exception):
    """The contract is in order, but a language cannot say it. The message says what to change."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem type of the registry. `fields` are the members it adds, by name."""

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
    """A path, query or header parameter, but never Idempotency-Key (see `is_idempotent`)."""

    name: str
    place: str
    argument: str
    """The name in snake_case: `If-Match` is `if_match`."""
    required: bool
    schema: Schema
    """As it stands in the document, perhaps a `$ref`."""
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A success answer. `schema` is the name of its body's schema; None when it has no body."""

    status: int
    description: str
    schema: str | None
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`item` is the name of the schema of the items; None when the items have no schema by name.

    The query parameter `cursor` asks for a page, `items` holds its items and `next_cursor` the
    cursor of the next one, null on the last.
    """

    item: str | None


@dataclass(frozen=True, slots=True)
class Follow:
    """How to see the end of something that moves by itself (`x-follow` of a GET operation).

    `status` names the field of the answer to watch and `until` its final values. `refusal` names
    the field that is there when it was refused, an object with a `code` and a `detail`; each of
    `codes` is an error class. `resource` is the name of the answer's schema.
    """

    resource: str
    status: str
    until: tuple[str, ...]
    refusal: str
    codes: tuple[str, ...]

    @property
    def base_class_name(self) -> str:
        """Name the error class of all refusals, also of a code that is not known yet."""
        return f"{self.resource}Refused"

    def class_name(self, code: str) -> str:
        """Name the error class of a code: `out_of_stock` of an `Order` is `OrderOutOfStock`."""
        return self.resource + pascal(code)


@dataclass(frozen=True, slots=True)
class Operation:
    """One public operation."""

    id: str
    """snake_case, unique over all services."""
    service: str
    method: str
    """In capitals."""
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...] | None
    """All of them are needed; None: it is open to everybody."""
    parameters: tuple[Parameter, ...]
    body: str | None
    """The name of the schema of its JSON body, which is then required."""
    answers: tuple[Answer, ...]
    """At least one."""
    problems: tuple[str, ...]
    """Slugs, sorted."""
    is_idempotent: bool
    """It takes an Idempotency-Key, and must be given one."""
    is_repeatable: bool
    """It can be sent again when nobody knows whether it was done."""
    page: Page | None
    follow: Follow | None


@dataclass(frozen=True, slots=True)
class PublicContract:
    """The merged contract. Operations are in the document's order, problems sorted by slug."""

    openapi: Mapping[str, Any]
    version: str
    """That of the document, `1.0.0`: the SDKs carry it too."""
    operations: tuple[Operation, ...]
    problems: tuple[Problem, ...]
    """Those of the runtime and the gateway, and of the public operations."""

    @property
    def services(self) -> tuple[str, ...]:
        """Those that have a public operation, in alphabetical order."""
        return tuple(sorted({each.service for each in self.operations}))

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """All schemas that the operations need, by name."""
        found: Mapping[str, Schema] = self.openapi["components"]["schemas"]
        return found

    def of(self, service: str) -> tuple[Operation, ...]:
        """Give the operations of one service."""
        return tuple(each for each in self.operations if each.service == service)

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref`, as often as there is one."""
        return _resolve(self.openapi, value)

    @classmethod
    def read(cls, repository: Repository) -> "PublicContract":
        """Merge the contracts of a tree. Raises ContractError with all faults."""
        library, contracts = Library(), repository.root / "contracts"
        _check(library, contracts, repository.services)
        openapi = merge_contracts(library, contracts, repository.services)
        registry = library.open(contracts / SHARED / "problems.yaml").value
        return cls.of_document(openapi, registry)

    @classmethod
    def of_document(
        cls, openapi: Mapping[str, Any], registry: Mapping[str, Mapping[str, Any]]
    ) -> "PublicContract":
        """Read a merged document and the registry of problems, as it stands in problems.yaml."""
        operations = tuple(_operations(openapi))
        answered = {slug for each in operations for slug in each.problems}
        problems = tuple(
            Problem(slug, entry["status"], entry["title"], entry.get("fields", {}))
            for slug, entry in sorted(registry.items())
            if slug in answered or entry["raised_by"] != "handler"
        )
        return cls(openapi, openapi["info"]["version"], operations, problems)


def _check(library: Library, contracts: Path, services: Iterable[str]) -> None:
    """Make sure that all of it can be understood. Raises ContractError with all faults."""
    faults = Faults()
    registry = read_registry(library.open(contracts / SHARED / "problems.yaml"), faults)
    faults.stop_if_any()
    for service in services:
        try:
            documents = open_documents(library, contracts / service)
            documents.read(registry)
        except ContractError as error:
            faults.add_all(error)
        else:
            for fault in follow_faults(documents.openapi.root):
                faults.add(fault)
    faults.stop_if_any()


def _operations(openapi: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(openapi, path, method, item)


def _operation(
    openapi: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]
) -> Operation:
    value = item[method]
    declared = [
        _resolve(openapi, each)
        for each in (*item.get("parameters", ()), *value.get("parameters", ()))
    ]
    parameters = tuple(_parameter(each) for each in declared if each["name"] != IDEMPOTENCY_KEY)
    idempotent = len(parameters) < len(declared)
    responses = {key: _resolve(openapi, each) for key, each in value["responses"].items()}
    answers = tuple(
        Answer(
            int(status), each.get("description", ""), _body(each), tuple(each.get("headers", ()))
        )
        for status, each in responses.items()
        if status < "400"
    )
    return Operation(
        id=value["operationId"],
        service=value["x-service"],
        method=method.upper(),
        path=path,
        summary=value.get("summary", "").strip(),
        description=value.get("description", "").strip(),
        scopes=_scopes(value),
        parameters=parameters,
        body=_body(_resolve(openapi, value.get("requestBody", {}))),
        answers=answers,
        problems=tuple(
            sorted({slug for each in responses.values() for slug in each.get("x-problems", ())})
        ),
        is_idempotent=idempotent,
        is_repeatable=idempotent or _is_harmless_twice(method, value, parameters),
        page=_page(openapi, parameters, answers),
        follow=_follow(openapi, value, answers),
    )


def _is_harmless_twice(
    method: str, operation: Mapping[str, Any], parameters: tuple[Parameter, ...]
) -> bool:
    """Tell whether doing it twice is as doing it once.

    Not with If-Match: the repeat of a change that was done would say that another one came first.
    """
    if method == "get" or REPEATABLE in operation:
        return True
    conditional = any(each.argument == "if_match" for each in parameters)
    return method in {"put", "delete"} and not conditional


def _parameter(declared: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=declared["name"],
        place=declared["in"],
        argument=snake(declared["name"]),
        required=declared.get("required", False),
        schema=declared["schema"],
        description=declared.get("description", "").strip(),
    )


def _scopes(operation: Mapping[str, Any]) -> tuple[str, ...] | None:
    security = operation["security"]
    if security == PUBLIC:
        return None
    return tuple(sorted(scope for way in security for scope in way.get("oauth2", ())))


def _body(holder: Mapping[str, Any]) -> str | None:
    match holder:
        case {"content": {"application/json": {"schema": {"$ref": str(reference)}}}}:
            return _name(reference)
        case {"content": {"application/json": _}}:
            raise ValueError(f"a {JSON} body must refer to a schema by its name")
        case _:
            return None


def _page(
    openapi: Mapping[str, Any], parameters: tuple[Parameter, ...], answers: tuple[Answer, ...]
) -> Page | None:
    if not any(each.name == _CURSOR and each.place == "query" for each in parameters):
        return None
    fields = _fields(openapi, answers[0])
    if not all(name in fields for name in _PAGE_FIELDS):
        return None
    reference = fields["items"].get("items", {}).get("$ref")
    return Page(_name(reference) if reference else None)


def _follow(
    openapi: Mapping[str, Any], operation: Mapping[str, Any], answers: tuple[Answer, ...]
) -> Follow | None:
    if FOLLOW not in operation:
        return None
    declared = operation[FOLLOW]
    refusal = _resolve(openapi, _fields(openapi, answers[0])[declared["refusal"]])
    return Follow(
        resource=answers[0].schema or "",
        status=declared["status"],
        until=tuple(declared["until"]),
        refusal=declared["refusal"],
        codes=tuple(_resolve(openapi, refusal["properties"]["code"])["enum"]),
    )


def _fields(openapi: Mapping[str, Any], answer: Answer) -> Mapping[str, Any]:
    if answer.schema is None:
        return {}
    schema = openapi["components"]["schemas"][answer.schema]
    fields: Mapping[str, Any] = _resolve(openapi, schema).get("properties", {})
    return fields


def _resolve(openapi: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = openapi["components"][kind][name]
    return value


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
