"""Reads a service's `openapi.yaml`."""

from collections.abc import Iterator, Mapping
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
from waybill_toolkit.contracts.generate.names import fault_of_snake, pascal
from waybill_toolkit.contracts.generate.not_modified import (
    IF_NONE_MATCH,
    NOT_MODIFIED,
    check_not_modified,
    has_etag,
)
from waybill_toolkit.contracts.generate.parameters import (
    IDEMPOTENCY_KEY,
    is_if_match,
    parameter_nodes,
    read_headers,
    read_parameter,
)
from waybill_toolkit.contracts.generate.problems import ProblemType
from waybill_toolkit.contracts.generate.runtime_answers import check_runtime_answers
from waybill_toolkit.contracts.generate.schemas import class_of

METHODS: Final = ("get", "post", "put", "patch", "delete")
JSON: Final = "application/json"
PUBLIC: Final[list[object]] = []
"""The `security` of an operation without authentication."""


def read_openapi(root: Node, registry: Mapping[str, ProblemType], faults: Faults) -> HttpContract:
    """Read all operations. An operation with a fault is left out, and `faults` has the fault."""
    reader = _Reader(registry, faults, scopes=_declared_scopes(root))
    operations = [found for node in operation_nodes(root) if (found := reader.try_read(*node))]
    _check_names(root, operations, faults)
    return HttpContract(tuple(operations))


def schema_nodes(root: Node) -> Iterator[Node]:
    """Yield the schema of each parameter and of each JSON body except problems."""
    for path, operation in operation_nodes(root):
        for parameter in parameter_nodes(path, operation):
            yield parameter.target().child("schema")
    yield from request_nodes(root)
    yield from response_nodes(root)


def request_nodes(root: Node) -> Iterator[Node]:
    """Yield the schema of each JSON request body."""
    for _, operation in operation_nodes(root):
        yield from _bodies(operation.get("requestBody"))


def response_nodes(root: Node) -> Iterator[Node]:
    """Yield the schema of each JSON response body except problems."""
    for _, operation in operation_nodes(root):
        responses = operation.get("responses")
        yield from _bodies(*(each.target() for each in responses.children()) if responses else ())


def _bodies(*holders: Node | None) -> Iterator[Node]:
    for holder in filter(None, holders):
        media = (holder.get("content") or holder).get(JSON)
        if media:
            yield media.child("schema")


def operation_nodes(root: Node) -> Iterator[tuple[Node, Node]]:
    for path in root.need("paths").children():
        yield from ((path, child) for child in path.children() if child.name in METHODS)


def _declared_scopes(root: Node) -> frozenset[str]:
    scheme = root
    for key in ("components", "securitySchemes", "oauth2", "flows"):
        scheme = scheme.need(key)
    return frozenset(scope for flow in scheme.value.values() for scope in flow.get("scopes", {}))


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
    registry: Mapping[str, ProblemType]
    faults: Faults
    scopes: frozenset[str]

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
        read = (read_parameter(each, name, self.faults) for each in parameters)
        problems = read_problems(responses, self.registry, self.faults)
        body = self.body(node)
        scopes = self.security(node)
        check_runtime_answers(
            responses,
            [each.slug for each in problems if each.raised_by != "handler"],
            public=scopes is None,
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
            scopes=scopes,
            idempotent=idempotent,
            body=body,
            body_limit_bytes=self.body_limit(node),
            parameters=tuple(each for each in read if each),
            answers=self.answers(name, responses),
            problems=tuple(each for each in problems if each.raised_by == "handler"),
            tags=tuple(map(str, node.value.get("tags", ()))),
        )

    def security(self, node: Node) -> tuple[str, ...] | None:
        security = node.get("security")
        if security and security.value == PUBLIC:
            return None
        scopes = sorted(
            scope for way in (security.value if security else ()) for scope in way.get("oauth2", ())
        )
        if not scopes:
            message = (
                "no scopes; say who may call it: security: [{oauth2: [...]}], or [] for everybody."
            )
            self.faults.add(node.fault(message, "scopes"))
        for scope in scopes:
            if scope not in self.scopes:
                message = f"scope {scope} is not declared in securitySchemes; add it there."
                self.faults.add((security or node).fault(message, "scopes"))
        return tuple(scopes)

    def body(self, node: Node) -> str | None:
        request = node.get("requestBody")
        if request is None:
            return None
        if request.value.get("required") is not True:
            self.faults.add(request.fault("a request body must be required; write required: true."))
        return self.content(request)

    def body_limit(self, node: Node) -> int | None:
        limit = node.get("x-body-limit-bytes")
        if limit is None or (isinstance(limit.value, int) and limit.value > 0):
            return limit.value if limit else None
        raise limit.error("a limit is a number of bytes above zero.")

    def content(self, holder: Node) -> str | None:
        """Return the class of a JSON body; None without a body."""
        content = holder.get("content")
        if content is None:
            return None
        if list(content.value) != [JSON]:
            self.faults.add(content.fault(f"the only media type served here is {JSON}."))
            return None
        media = content.need(JSON)
        media.need("schema")
        schema = media.child("schema")
        name = class_of(schema)
        if name is None:
            self.faults.add(schema.fault("name this schema: $ref one of #/components/schemas."))
        return name

    def answers(self, operation_id: str, responses: Node) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        for response in responses.children():
            if not response.name.startswith(("2", "3")) or response.name == NOT_MODIFIED:
                continue
            target = response.target()
            answers.append(
                Answer(
                    class_name=pascal(operation_id) + response.name,
                    status=int(response.name),
                    description=target.value.get("description", "").strip(),
                    body=self.content(target),
                    headers=read_headers(target, self.faults),
                )
            )
        if not answers:
            self.faults.add(responses.fault("no success response; declare its status."))
        return tuple(answers)
