"""The possible responses of an operation: its examples, and the problems that it declares."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import chain
from typing import Any, Final, get_type_hints
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from waybill.http import Answer, Operation
from waybill.http.contract import ErrorForm
from waybill.http.error_forms import status_in
from waybill.http.problems import RUNTIME_PROBLEMS, FieldError, Problem
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.generate.media import JSON
from waybill_toolkit.contracts.generate.names import snake
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.mock.examples import UNNAMED, Example, Examples
from waybill_toolkit.contracts.mock.samples import sample
from waybill_toolkit.contracts.mock.texts import TEXTS

_PARAMETER: Final = re.compile(r"\{([^}]*)\}")
_FAULT: Final = FieldError(pointer="/", code="mocked", detail="The mock shows an error here.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One response. `name` is that of the example, or the slug of the problem."""

    status: int
    name: str
    outcome: Answer | Problem


@dataclass(frozen=True, slots=True)
class Offering:
    """Creates the offers of one service. `registry` is the root of problems.yaml."""

    contract: Node
    registry: Node
    examples: Examples
    problems: Mapping[str, type[Problem]]

    def offers(self, operation: Operation, added: Mapping[str, Node]) -> list[Offer]:
        """Return the responses of an operation, successes first. `added` has additional ones.

        Raises ContractError when a response has no example.
        """
        responses = self.node(operation).need("responses")
        answers = [
            offer
            for kind in operation.answers
            if issubclass(kind, Answer)
            for offer in self._successes(kind, responses.need(str(kind.status)))
        ]
        declared = (each.target() for each in chain(responses.children(), added.values()))
        form = operation.errors
        return answers + [offer for each in declared for offer in self._refusals(each, form)]

    def node(self, operation: Operation) -> Node:
        """Return the node of an operation."""
        return self.contract.need("paths").need(operation.path).need(operation.method.lower())

    def _successes(self, kind: type[Answer], response: Node) -> Iterator[Offer]:
        types = get_type_hints(kind, include_extras=True)
        headers = {
            (name := snake(each.name)): TypeAdapter(types[name]).validate_python(sample(each))
            for each in (response.get("headers") or response).children()
            if snake(each.name) in types
        }
        if "body" not in types:
            yield Offer(kind.status, UNNAMED, kind(**headers))
            return
        if kind.media_type in TEXTS:
            members = {**headers, "body": TEXTS[kind.media_type](response)}
            yield Offer(kind.status, UNNAMED, kind(**members))
            return
        schema = response.need("content").need(JSON).child("schema")
        adapter: TypeAdapter[Any] = TypeAdapter(types["body"])
        for example in self._examples(schema):
            if "location" in types and (address := self._address(schema, example.value)):
                headers["location"] = address
            members = {**headers, "body": _body(adapter, example)}
            yield Offer(kind.status, example.name, kind(**members))

    def _examples(self, schema: Node) -> list[Example]:
        found = self.examples.find(schema)
        if not found:
            name = schema.step().name
            message = f"{name} has no example; write examples/{name}/valid-….json."
            raise schema.error(message, "example")
        return found

    def _address(self, schema: Node, body: Mapping[str, Any]) -> str | None:
        """Find the URL of a resource: that of the operation that returns the same schema."""
        for path, operation in operation_nodes(self.contract):
            answer = operation.need("responses").get("200")
            content = answer.get("content") if answer else None
            named = _PARAMETER.findall(path.name)
            if operation.name != "get" or not content or not named or not body.keys() >= set(named):
                continue
            media = content.get(JSON)
            if media and media.child("schema").step().place == schema.step().place:
                return _PARAMETER.sub(lambda name: quote(str(body[name[1]]), safe=""), path.name)
        return None

    def _refusals(self, response: Node, form: ErrorForm) -> Iterator[Offer]:
        slugs = response.get("x-problems")
        for slug in slugs.value if slugs else ():
            kind = self.problems[slug]
            yield Offer(status_in(form, kind.status), slug, self._problem(kind))

    def _problem(self, kind: type[Problem]) -> Problem:
        types = get_type_hints(kind, include_extras=True)
        written = self.registry.need(kind.slug).get("fields")
        members = {
            each.name: TypeAdapter(types[each.name]).validate_json(json.dumps(sample(each)))
            for each in (written.children() if written else ())
        }
        if any(each.name == "errors" and each.default is MISSING for each in fields(kind)):
            members["errors"] = (_FAULT,)
        return kind(detail="The mock returns this because the Prefer header selects it.", **members)


def by_slug(modules: Mapping[str, Any]) -> dict[str, type[Problem]]:
    """Map slugs to the problem types of a generated module, and those of the runtime."""
    own = (each for each in modules.values() if isinstance(each, type) and each is not Problem)
    found = (*RUNTIME_PROBLEMS, *(each for each in own if issubclass(each, Problem)))
    return {each.slug: each for each in found}


def _body(adapter: TypeAdapter[Any], example: Example) -> Any:  # noqa: ANN401 (whatever the type is)
    try:
        return adapter.validate_json(json.dumps(example.value))
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, ("", *first["loc"])))
        message = f"this example does not match its schema at {where}: {first['msg']}; correct it."
        raise ContractError([example.fault(message)]) from None
