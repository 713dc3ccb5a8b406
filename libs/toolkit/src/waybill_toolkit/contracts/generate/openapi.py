"""Reads a service's `openapi.yaml`."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.error_responses import read_problems
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.http_contract import (
    Answer,
    HttpContract,
    Operation,
    Parameter,
)
from waybill_toolkit.contracts.generate.media import (
    FORM,
    JSON,
    answer_body,
    error_form,
    request_body,
)
from waybill_toolkit.contracts.generate.names import fault_of_snake, pascal
from waybill_toolkit.contracts.generate.not_modified import (
    IF_NONE_MATCH,
    NOT_MODIFIED,
    check_not_modified,
    has_etag,
)
from waybill_toolkit.contracts.generate.ownership import read_owner
from waybill_toolkit.contracts.generate.parameters import (
    IDEMPOTENCY_KEY,
    ignores_unknown,
    is_if_match,
    parameter_nodes,
    read_headers,
    read_parameter,
)
from waybill_toolkit.contracts.generate.problems import ProblemType
from waybill_toolkit.contracts.generate.redirects import check_answers
from waybill_toolkit.contracts.generate.runtime_answers import check_runtime_answers
from waybill_toolkit.contracts.generate.security import declared_scopes, read_security

METHODS: Final = ("get", "post", "put", "patch", "delete")


def read_openapi(root: Node, registry: Mapping[str, ProblemType], faults: Faults) -> HttpContract:
    """Read all operations. An operation with a fault is left out, and `faults` has the fault."""
    reader = _Reader(root, registry, faults)
    operations = [found for node in operation_nodes(root) if (found := reader.try_read(*node))]
    _check_names(root, operations, faults)
    return HttpContract(tuple(operations))


def schema_nodes(root: Node, only: Container[str] | None = None) -> Iterator[Node]:
    """Yield the schema of each parameter and of each body except text and problems.

    `only` are the ids of the operations, if they are not all.
    """
    for path, operation in operation_nodes(root, only):
        for parameter in parameter_nodes(path, operation):
            yield parameter.target().child("schema")
    yield from request_nodes(root, only)
    yield from response_nodes(root, only)


def request_nodes(root: Node, only: Container[str] | None = None) -> Iterator[Node]:
    """Yield the schema of each request body."""
    for _, operation in operation_nodes(root, only):
        yield from _bodies(operation.get("requestBody"))


def response_nodes(root: Node, only: Container[str] | None = None) -> Iterator[Node]:
    """Yield the schema of each JSON response body except problems."""
    for _, operation in operation_nodes(root, only):
        responses = operation.get("responses")
        answers = (each for each in responses.children()) if responses else ()
        yield from _bodies(*(each.target() for each in answers if each.name < "400"))


def _bodies(*holders: Node | None) -> Iterator[Node]:
    for holder in filter(None, holders):
        content = holder.get("content") or holder
        for media in filter(None, map(content.get, (JSON, FORM))):
            if "schema" in media.value:  # the reader reports that it is missing
                yield media.child("schema")


def operation_nodes(root: Node, only: Container[str] | None = None) -> Iterator[tuple[Node, Node]]:
    """Yield path and node of each operation; `only` are their ids, if they are not all."""
    for path in root.need("paths").children():
        for child in path.children():
            if child.name in METHODS and (only is None or child.value.get("operationId") in only):
                yield path, child


def _check_names(root: Node, operations: list[Operation], faults: Faults) -> None:
    """Refuse two operations, or two parameters, with the same name in Python."""
    first: dict[str, Operation] = {}
    constants: dict[str, Parameter] = {}
    for operation in operations:
        node = root.need("paths").need(operation.path).need(operation.method.lower())
        other = first.setdefault(operation.id, operation)
        if other is not operation:
            faults.add(
                node.need("operationId").fault(
                    f"{other.method} {other.path} has the operationId {operation.id} too;"
                    " rename one of them.",
                    "name",
                )
            )
        for each in operation.parameters:
            if constants.setdefault(each.constant, each) != each:
                message = f"two parameters are named {each.constant}; rename one."
                faults.add(node.fault(message, "name"))


@dataclass(frozen=True, slots=True)
class _Reader:
    root: Node
    registry: Mapping[str, ProblemType]
    faults: Faults

    def try_read(self, path: Node, node: Node) -> Operation | None:
        try:
            return self.read(path, node)
        except ContractError as error:
            self.faults.add_all(error)
            return None

    def read(self, path: Node, node: Node) -> Operation:
        identifier = node.get("operationId")
        if identifier is None:
            message = "operationId is missing; name it in snake_case, like place_order."
            raise node.error(message, "name")
        if reason := fault_of_snake(str(identifier.value)):
            raise identifier.error(reason, "name")
        name = identifier.value
        responses = node.need("responses")
        nodes = [(each.target().value.get("name"), each) for each in parameter_nodes(path, node)]
        names = {each for each, _ in nodes}
        idempotent = IDEMPOTENCY_KEY in names
        cacheable = has_etag(node)
        check_not_modified(node, names, cacheable=cacheable, faults=self.faults)
        runtime_reads = {IDEMPOTENCY_KEY, IF_NONE_MATCH} if cacheable else {IDEMPOTENCY_KEY}
        parameters = [each for key, each in nodes if key not in runtime_reads]
        found = (read_parameter(each, name, self.faults) for each in parameters)
        read = tuple(each for each in found if each)
        form = error_form(node, self.faults)
        problems = read_problems(responses, form, self.registry, self.faults)
        body, media = self.body(node)
        security = read_security(self.root, node, self.faults)
        answers = self.answers(name, responses)
        check_answers(node, answers, idempotent=idempotent, faults=self.faults)
        check_runtime_answers(
            responses,
            [each.slug for each in problems if each.raised_by != "handler"],
            security=security,
            body=body is not None,
            idempotent=idempotent,
            conditional=any(map(is_if_match, parameters)),
            faults=self.faults,
        )
        return Operation(
            id=name,
            method=node.name.upper(),
            path=path.name,
            text=tuple(
                node.value[key].strip() for key in ("summary", "description") if key in node.value
            ),
            scopes=security.scopes,
            idempotent=idempotent,
            body=body,
            is_form=media == FORM,
            body_limit_bytes=self.body_limit(node),
            parameters=read,
            ignores_unknown=ignores_unknown(node, self.faults),
            owner=read_owner(
                node, read, self.body_schema(node), declared_scopes(self.root), self.faults
            ),
            answers=answers,
            problems=tuple(each for each in problems if each.raised_by == "handler"),
            errors=form,
            basic=security.basic,
            tags=tuple(map(str, node.value.get("tags", ()))),
        )

    def body(self, node: Node) -> tuple[str | None, str]:
        """Return the class and the media type of the request body."""
        request = node.get("requestBody")
        if request is None:
            return None, JSON
        if request.value.get("required") is not True:
            self.faults.add(request.fault("a request body must be required; write required: true."))
        return request_body(request, self.faults)

    def body_schema(self, node: Node) -> Node | None:
        bodies = _bodies(node.get("requestBody"))
        return next((each.target() for each in bodies), None)

    def body_limit(self, node: Node) -> int | None:
        limit = node.get("x-body-limit-bytes")
        if limit is None or (isinstance(limit.value, int) and limit.value > 0):
            return limit.value if limit else None
        raise limit.error("a limit is a number of bytes above zero.")

    def answers(self, operation_id: str, responses: Node) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        for response in responses.children():
            if not response.name.startswith(("2", "3")) or response.name == NOT_MODIFIED:
                continue
            target = response.target()
            body, media_type = answer_body(target, self.faults)
            answers.append(
                Answer(
                    class_name=pascal(operation_id) + response.name,
                    status=int(response.name),
                    description=target.value.get("description", "").strip(),
                    body=body,
                    media_type=media_type,
                    headers=read_headers(target, self.faults),
                )
            )
        if not answers:
            self.faults.add(responses.fault("no success response; declare its status."))
        return tuple(answers)
