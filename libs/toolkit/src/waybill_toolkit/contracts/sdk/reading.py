"""Reads the public contract from the merged OpenAPI document."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.calls import REPEATABLE
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.gateway import merge_contracts
from waybill_toolkit.contracts.generate.media import JSON
from waybill_toolkit.contracts.generate.names import snake
from waybill_toolkit.contracts.generate.not_modified import IF_NONE_MATCH, NOT_MODIFIED
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.parameters import IDEMPOTENCY_KEY
from waybill_toolkit.contracts.generate.problems import read_registry
from waybill_toolkit.contracts.generate.schemas import SHARED
from waybill_toolkit.contracts.generate.security import PUBLIC
from waybill_toolkit.contracts.generate.service import open_documents
from waybill_toolkit.contracts.lint.follows import FOLLOW, follow_faults
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.contract import (
    Answer,
    Follow,
    Operation,
    Page,
    Parameter,
    Problem,
    PublicContract,
    resolve,
)
from waybill_toolkit.contracts.sdk.left_out import served_by_sdks

_CURSOR: Final = "cursor"
_PAGE_FIELDS: Final = ("items", "next_cursor")


def read_public_contract(repository: Repository) -> PublicContract:
    """Merge the contracts of a repository. Raises ContractError with all faults."""
    library, contracts = Library(), repository.root / "contracts"
    _check(library, contracts, repository.services)
    openapi = merge_contracts(library, contracts, repository.services)
    registry = library.open(contracts / SHARED / "problems.yaml").value
    return public_contract_of(openapi, registry)


def public_contract_of(
    openapi: Mapping[str, Any], registry: Mapping[str, Mapping[str, Any]]
) -> PublicContract:
    """Read a merged document. `registry` is the content of problems.yaml."""
    openapi = served_by_sdks(openapi)
    operations = tuple(_operations(openapi))
    declared = {slug for each in operations for slug in each.problems}
    problems = tuple(
        Problem(slug, entry["status"], entry["title"], entry.get("fields", {}))
        for slug, entry in sorted(registry.items())
        if slug in declared or entry["raised_by"] != "handler"
    )
    return PublicContract(openapi, openapi["info"]["version"], operations, problems)


def _check(library: Library, contracts: Path, services: Iterable[str]) -> None:
    """Validate all contracts. Raises ContractError with all faults."""
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
        resolve(openapi, each)
        for each in (*item.get("parameters", ()), *value.get("parameters", ()))
    ]
    responses = {key: resolve(openapi, each) for key, each in value["responses"].items()}
    # Clients keep no copies, so they send no If-None-Match and get no 304.
    is_cacheable = responses.pop(NOT_MODIFIED, None) is not None
    left_out = {IDEMPOTENCY_KEY, IF_NONE_MATCH} if is_cacheable else {IDEMPOTENCY_KEY}
    parameters = tuple(_parameter(each) for each in declared if each["name"] not in left_out)
    idempotent = any(each["name"] == IDEMPOTENCY_KEY for each in declared)
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
        body=_body(resolve(openapi, value.get("requestBody", {}))),
        answers=answers,
        problems=tuple(
            sorted({slug for each in responses.values() for slug in each.get("x-problems", ())})
        ),
        is_idempotent=idempotent,
        is_repeatable=idempotent or _is_retryable(method, value, parameters),
        page=_page(openapi, parameters, answers),
        follow=_follow(openapi, value, answers),
    )


def _is_retryable(
    method: str, operation: Mapping[str, Any], parameters: tuple[Parameter, ...]
) -> bool:
    """Return whether a second execution has no further effect and the same response.

    This is not so with If-Match: the retry of a successful change gets 412.
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
            raise ValueError(f"the schema of a {JSON} body must be a $ref")
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
    refusal = resolve(openapi, _fields(openapi, answers[0])[declared["refusal"]])
    return Follow(
        resource=answers[0].schema or "",
        status=declared["status"],
        until=tuple(declared["until"]),
        refusal=declared["refusal"],
        codes=tuple(resolve(openapi, refusal["properties"]["code"])["enum"]),
    )


def _fields(openapi: Mapping[str, Any], answer: Answer) -> Mapping[str, Any]:
    if answer.schema is None:
        return {}
    schema = openapi["components"]["schemas"][answer.schema]
    fields: Mapping[str, Any] = resolve(openapi, schema).get("properties", {})
    return fields


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
