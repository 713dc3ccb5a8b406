"""The HTTP API of a service or of the gateway, for the reference."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from waybill_toolkit.contracts.generate.media import ERRORS, FORM, as_form
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.problems import ProblemType
from waybill_toolkit.contracts.reference.examples import Examples
from waybill_toolkit.contracts.reference.shapes import Field, Schema, Shape, parameter_of, shape_of

_FORMS: Final = {"oauth": "OAuth errors (RFC 6749)", "html": "pages"}
_KEY: Final = "Idempotency-Key"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One success answer."""

    status: str
    text: str
    headers: tuple[Field, ...]
    body: str | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `own` are its own problems, `common` those of all similar operations."""

    id: str
    method: str
    path: str
    group: str
    summary: str
    text: str
    access: tuple[str, ...]
    """What a caller needs: scopes, or a client's credentials."""
    errors: str | None
    """The form of problems, if it is not the usual one."""
    owner: str | None
    idempotent: bool
    body_limit_bytes: int | None
    parameters: tuple[Field, ...]
    body: str | None
    is_form: bool
    answers: tuple[Answer, ...]
    own: tuple[ProblemType, ...]
    common: tuple[ProblemType, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class HttpReference:
    """The contents of the page."""

    title: str
    version: str
    text: str
    groups: Mapping[str, tuple[Operation, ...]]
    shapes: Mapping[str, Shape]
    problems: tuple[ProblemType, ...]
    """The problems of operations, by status."""

    def users_of(self, slug: str) -> list[str]:
        """Return the operations that can return a problem."""
        operations = (each for group in self.groups.values() for each in group)
        return [one.id for one in operations if slug in {each.slug for each in one.own}]


def read_http(
    document: Schema, registry: Mapping[str, ProblemType], examples: Examples
) -> HttpReference:
    """Read a bundled OpenAPI document."""
    schemas = document["components"].get("schemas", {})
    shapes = {
        name: shape_of(name, schema, examples.text(name, schema))
        for name, schema in schemas.items()
    }
    reader = _Reader(document, registry, shapes)
    operations = list(reader.operations())
    groups: dict[str, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(operation.group, []).append(operation)
    used = {each.slug: each for one in operations for each in (*one.own, *one.common)}
    info = document["info"]
    return HttpReference(
        title=info["title"],
        version=info["version"],
        text=info.get("description", "").strip(),
        groups={name: tuple(group) for name, group in groups.items()},
        shapes=shapes,
        problems=tuple(sorted(used.values(), key=lambda each: (each.status, each.slug))),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Schema
    registry: Mapping[str, ProblemType]
    shapes: Mapping[str, Shape]

    def operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self.operation(path, method, item[method], item.get("parameters", []))

    def operation(self, path: str, method: str, node: Schema, shared: list[Schema]) -> Operation:
        written = (*shared, *node.get("parameters", ()))
        parameters = [parameter_of(self.target(each)) for each in written]
        request = self.target(node.get("requestBody", {}))
        body, is_form = self.schema_name(request), FORM in request.get("content", {})
        responses = {status: self.target(each) for status, each in node["responses"].items()}
        slugs = [slug for each in responses.values() for slug in each.get("x-problems", ())]
        problems = [self.registry[slug] for slug in slugs]
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            path=path,
            group=node.get("x-service") or next(iter(node.get("tags", ())), "operations"),
            summary=node.get("summary", node["operationId"]),
            text=node.get("description", "").strip(),
            access=tuple(self.access(node)),
            errors=_FORMS.get(node.get(ERRORS, "")),
            owner=node.get("x-owner"),
            idempotent=any(each.name == _KEY for each in parameters),
            body_limit_bytes=node.get("x-body-limit-bytes"),
            parameters=tuple(parameters),
            body=body,
            is_form=is_form,
            answers=tuple(self.answers(responses)),
            own=tuple(each for each in problems if each.raised_by == "handler"),
            common=tuple(each for each in problems if each.raised_by != "handler"),
            curl=self.curl(method, path, node, body, is_form=is_form),
        )

    def access(self, node: Schema) -> Iterator[str]:
        schemes = self.document["components"].get("securitySchemes", {})
        for name, scopes in ((n, s) for way in node.get("security", ()) for n, s in way.items()):
            yield from (f"scope {scope}" for scope in scopes)
            if schemes.get(name, {}).get("scheme") == "basic":
                optional = " or none" if {} in node["security"] else ""
                yield f"HTTP Basic{optional}"

    def answers(self, responses: Mapping[str, Schema]) -> Iterator[Answer]:
        for status, response in responses.items():
            if status < "400":
                headers = (
                    parameter_of({"name": name, **self.target(header)})
                    for name, header in response.get("headers", {}).items()
                )
                text = response.get("description", "").strip()
                media_type = next(iter(response.get("content", {})), None)
                yield Answer(status, text, tuple(headers), self.schema_name(response), media_type)

    def schema_name(self, holder: Schema) -> str | None:
        for media in holder.get("content", {}).values():
            reference: str | None = media.get("schema", {}).get("$ref")
            if reference:
                return reference.rsplit("/", 1)[-1]
        return None

    def target(self, node: Schema) -> Schema:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def curl(self, method: str, path: str, node: Schema, body: str | None, *, is_form: bool) -> str:
        """Format the call as a command that can be copied."""
        verb = "" if method == "get" else f"-X {method.upper()} "
        address = _VARIABLE.sub(lambda found: "$" + found[1].upper(), path)
        lines = [f'curl {verb}"$WAYBILL{address}"']
        if any(each.startswith("scope ") for each in self.access(node)):
            lines.append('-H "Authorization: Bearer $TOKEN"')
        elif node.get("security"):
            lines.append('-u "$CLIENT_ID:$CLIENT_SECRET"')
        lines += [
            "-H " + shlex.quote(f"{each['name']}: {each.get('example', '...')}")
            for each in map(self.target, node.get("parameters", ()))
            if each["in"] == "header" and each.get("required")
        ]
        example = self.shapes[body].example if body else None
        if example and is_form:
            lines += [f"-d {shlex.quote(each)}" for each in _fields(example)]
        elif example:
            lines.append("-H 'Content-Type: application/json'")
            lines.append("-d " + shlex.quote(_compact(example)))
        return " \\\n  ".join(lines)


def _fields(example: str) -> list[str]:
    value: dict[str, Any] = json.loads(example)
    return [as_form({name: each}) for name, each in value.items()]


def _compact(example: str) -> str:
    value: Any = json.loads(example)
    return json.dumps(value, ensure_ascii=False)
