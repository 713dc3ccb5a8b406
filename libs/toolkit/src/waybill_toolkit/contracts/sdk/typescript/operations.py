"""Generates the operations as methods."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.names import pascal, snake
from waybill_toolkit.contracts.sdk.contract import Follow, Operation, Parameter, PublicContract
from waybill_toolkit.contracts.sdk.typescript.comments import (
    alternatives,
    comment,
    schema_comment,
)
from waybill_toolkit.contracts.sdk.typescript.layout import (
    arguments_of,
    lines_of,
    list_of,
    object_of,
)
from waybill_toolkit.contracts.sdk.typescript.names import argument, camel, error, key, literal
from waybill_toolkit.contracts.sdk.typescript.types import type_of

_TYPES: Final = "t."
"""The name of the schema module in client.ts."""


@dataclass(frozen=True, slots=True)
class Field:
    """A query or header parameter, as a field of `parameters`."""

    name: str
    type: str
    required: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Following:
    """The method that waits for the final state of a resource. All but the names is TypeScript."""

    name: str
    call: str
    summary: str
    comment: str
    signature: str
    arguments: str
    status: str
    until: str
    refusal: str
    refused: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Method:
    """One operation. All but `parameters` and `follow` is TypeScript."""

    name: str
    call: str
    """The call as written in the README: `orders.placeOrder(body)`."""
    summary: str
    comment: str
    parameters_name: str
    parameters: tuple[Field, ...]
    signature: str
    result: str
    body_type: str
    send: str
    descriptor: str
    route: str
    """Method, path and success status: `["GET", "/v1/orders", 200]`."""
    input: str
    fields: str
    follow: Following | None


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one service."""

    property: str
    class_name: str
    comment: str
    operations: tuple[Method, ...]


def groups(contract: PublicContract) -> tuple[Group, ...]:
    """Return all operations by service."""
    texts = {tag["name"]: tag["description"] for tag in contract.openapi["tags"]}
    return tuple(
        Group(
            property=camel(service),
            class_name=f"{pascal(service)}Api",
            comment=comment([texts.get(service) or f"The operations of {service}."]),
            operations=tuple(_method(contract, each) for each in contract.of(service)),
        )
        for service in contract.services
    )


def _method(contract: PublicContract, operation: Operation) -> Method:
    arguments = list(_arguments(operation))
    headers = _headers(contract, operation)
    body_type = _body_type(operation)
    send, kind = ("pages", "Pages") if operation.page else ("call", "Call")
    typed = f"{body_type}, {_headers_type(headers)}" if headers else body_type
    name, result = camel(operation.id), f"{kind}<{typed}>"
    return Method(
        name=name,
        call=_call(operation, name),
        summary=operation.summary,
        comment=_comment(contract, operation),
        parameters_name=_parameters_name(operation),
        parameters=tuple(_field(contract, each) for each in _named(operation)),
        signature=arguments_of(name, [*arguments, _options(operation)], result),
        result=result,
        body_type=body_type,
        send=send,
        descriptor=object_of(_descriptor(operation), 6),
        route=literal([operation.method, operation.path, operation.answers[0].status]),
        input=object_of(_input(operation), 6),
        fields=lines_of([object_of(each, 8) for each in _header_fields(headers)]),
        follow=_following(operation, operation.follow, arguments) if operation.follow else None,
    )


def _arguments(operation: Operation) -> Iterator[str]:
    """Yield the arguments before the options: path parameters, the body, all other parameters."""
    for each in _in_path(operation):
        yield f"{argument(each.argument)}: {type_of(each.schema, _TYPES)}"
    if operation.body:
        yield f"body: {_TYPES}{operation.body}"
    if named := _named(operation):
        optional = not any(each.required for each in named)
        yield f"parameters{'?' if optional else ''}: {_parameters_name(operation)}"


def _options(operation: Operation) -> str:
    return f"options?: {'KeyedCallOptions' if operation.is_idempotent else 'CallOptions'}"


def _call(operation: Operation, name: str) -> str:
    arguments = [argument(each.argument) for each in _in_path(operation)]
    arguments += ["body"] if operation.body else []
    if named := _named(operation):
        arguments.append("parameters" if any(each.required for each in named) else "parameters?")
    return f"{camel(operation.service)}.{name}({', '.join(arguments)})"


def _comment(contract: PublicContract, operation: Operation) -> str:
    """Return the description and the problems, with the least common problems first."""
    answered = Counter(slug for each in contract.operations for slug in each.problems)
    slugs = sorted(operation.problems, key=lambda slug: (answered[slug], slug))
    fails = f"Fails with {alternatives(list(map(error, slugs)))}." if slugs else ""
    return comment([f"{operation.summary.rstrip('.')}.", operation.description, fails])


def _parameters_name(operation: Operation) -> str:
    return f"{pascal(operation.id)}Parameters"


def _in_path(operation: Operation) -> list[Parameter]:
    """Return the path parameters in the order of the path."""
    found = [each for each in operation.parameters if each.place == "path"]
    return sorted(found, key=lambda each: operation.path.index(f"{{{each.name}}}"))


def _named(operation: Operation) -> list[Parameter]:
    return [each for each in operation.parameters if each.place != "path"]


def _field(contract: PublicContract, parameter: Parameter) -> Field:
    return Field(
        name=key(parameter.argument),
        type=type_of(parameter.schema, _TYPES),
        required=parameter.required,
        comment=schema_comment(contract.resolve(parameter.schema), parameter.description),
    )


def _body_type(operation: Operation) -> str:
    names = [f"{_TYPES}{each.schema}" if each.schema else "undefined" for each in operation.answers]
    return " | ".join(dict.fromkeys(names))


def _headers(contract: PublicContract, operation: Operation) -> dict[str, bool]:
    """Return the possible response headers, and whether every response has them."""
    item = contract.openapi["paths"][operation.path][operation.method.lower()]
    declared = [
        {
            name: bool(contract.resolve(header).get("required"))
            for name, header in contract.resolve(item["responses"][str(answer.status)])
            .get("headers", {})
            .items()
        }
        for answer in operation.answers
    ]
    return {name: all(each.get(name) for each in declared) for one in declared for name in one}


def _headers_type(headers: dict[str, bool]) -> str:
    fields = (
        f"readonly {key(snake(name))}{':' if required else '?:'} string"
        for name, required in headers.items()
    )
    return f"{{ {'; '.join(fields)} }}"


def _header_fields(headers: dict[str, bool]) -> Iterator[dict[str, str]]:
    for name, required in headers.items():
        yield {
            "field": literal(snake(name)),
            "header": literal(name),
            "required": literal(required),
        }


def _descriptor(operation: Operation) -> dict[str, str]:
    query = [each.name for each in _named(operation) if each.place == "query"]
    headers = {
        key(each.argument): literal(each.name)
        for each in _named(operation)
        if each.place == "header"
    }
    answers = {
        str(each.status): literal("json" if each.schema else "nothing")
        for each in operation.answers
    }
    found = {"method": literal(operation.method), "path": literal(operation.path)}
    found |= {"query": list_of([literal(each) for each in query])} if query else {}
    found |= {"headers": object_of(headers, 8)} if headers else {}
    found |= {"keyed": "true"} if operation.is_idempotent else {}
    found |= {"repeatable": "true"} if operation.is_repeatable else {}
    return {**found, "answers": object_of(answers, 8)}


def _input(operation: Operation) -> dict[str, str]:
    path = [argument(each.argument) for each in _in_path(operation)]
    found = {"path": list_of(path)} if path else {}
    found |= {"body": "body"} if operation.body else {}
    return found | ({"parameters": "parameters"} if _named(operation) else {})


def _following(operation: Operation, follow: Follow, arguments: Sequence[str]) -> Following:
    codes = tuple((key(code), f"{follow.class_name(code)}Error") for code in follow.codes)
    names = [each.partition(":")[0].rstrip("?") for each in arguments]
    text = f"Looks until its {follow.status} is {alternatives(follow.until)}."
    fails = f"Fails with {alternatives([name for _, name in codes])}."
    name = camel("follow_" + operation.id.removeprefix("get_"))
    summary = f"{operation.summary.rstrip('.')} when it is final"
    result = f"Promise<{_body_type(operation)}>"
    return Following(
        name=name,
        call=_call(operation, name),
        summary=summary,
        comment=comment([f"{summary}.", text, fails]),
        signature=arguments_of(name, [*arguments, "options?: FollowOptions"], result),
        arguments=", ".join([*names, "options"]),
        status=literal(follow.status),
        until=literal(list(follow.until)),
        refusal=literal(follow.refusal),
        refused=f"{follow.base_class_name}Error",
        codes=codes,
    )
