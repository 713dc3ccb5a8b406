"""The public contract with shapes: what the packages for Go and Java are written from."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.sdk.contract import Follow, Operation, Parameter, PublicContract
from waybill_toolkit.contracts.sdk.shapes import (
    Anything,
    Declared,
    Enumeration,
    Field,
    ListOf,
    Named,
    Nullable,
    Record,
    Shape,
    Shapes,
)

_WORD: Final = re.compile(r"\w+")
_LOCATION: Final = "location"
"""Where something new is follows from its id, so this header is of no use beside the body."""


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter in the path, the query or a header."""

    parameter: Parameter
    shape: Shape


@dataclass(frozen=True, slots=True)
class TypedOperation:
    """An operation with the shapes of what goes in and comes out."""

    spec: Operation
    required: tuple[Input, ...]
    optional: tuple[Input, ...]
    body: Shape | None
    answer: Shape | None
    headers: tuple[str, ...]
    """Headers of its answers that users need, such as ETag."""
    item: Shape | None
    """The shape of what it lists, if it has pages."""
    problems: tuple[str, ...]
    """Slugs, without those that other services answer too: these are a matter of HTTP."""

    @property
    def name(self) -> str:
        return self.spec.id

    @property
    def follow_name(self) -> str:
        """`get_order` as `follow_order`."""
        return f"follow_{self.name.removeprefix('get_')}"

    @property
    def text(self) -> str:
        return "\n\n".join(filter(None, (self.spec.summary, self.spec.description)))

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class TypedService:
    name: str
    text: str
    operations: tuple[TypedOperation, ...]


@dataclass(frozen=True, slots=True)
class TypedProblem:
    slug: str
    status: int
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that can be followed, and what is to be known of its end."""

    owner: Shape
    follow: Follow


@dataclass(frozen=True, slots=True)
class TypedContract:
    version: str
    services: tuple[TypedService, ...]
    problems: tuple[TypedProblem, ...]
    declared: Mapping[str, Declared]
    """Everything with a name, in the order of the names."""

    @property
    def endings(self) -> tuple[Ending, ...]:
        """How each kind of thing that can be followed may be refused."""
        operations = (each for service in self.services for each in service.operations)
        found = {
            each.answer: Ending(each.answer, each.spec.follow)
            for each in operations
            if each.answer and each.spec.follow
        }
        return tuple(found.values())

    def with_names(self, text: str, spelled: Callable[[str], str]) -> str:
        """Write the operations that a text names as the language does: `get_order` as GetOrder."""
        names = {each.name for service in self.services for each in service.operations}
        return _WORD.sub(lambda found: spelled(found[0]) if found[0] in names else found[0], text)

    def is_enumeration(self, shape: Shape) -> bool:
        """Tell whether it has values with names."""
        return isinstance(shape, Named) and isinstance(self.declared[shape.name], Enumeration)

    def field(self, owner: Shape | None, name: str) -> Field:
        """Find a field of a record."""
        record = self.declared[owner.name] if isinstance(owner, Named) else None
        if not isinstance(record, Record):
            raise TypeError(f"{owner} is no record")
        return next(each for each in record.fields if each.name == name)


def typed(contract: PublicContract) -> TypedContract:
    """Find the shapes of everything."""
    shapes = Shapes(contract.schemas)
    common = _common_problems(contract)
    texts = {tag["name"]: tag.get("description", "") for tag in contract.openapi.get("tags", ())}
    services = tuple(
        TypedService(
            name,
            texts.get(name, ""),
            tuple(_operation(contract, shapes, each, common) for each in contract.of(name)),
        )
        for name in contract.services
    )
    problems = tuple(
        TypedProblem(
            each.slug,
            each.status,
            each.title,
            tuple(_members(shapes, each.class_name, each.fields)),
        )
        for each in contract.problems
    )
    return TypedContract(contract.version, services, problems, shapes.declared)


def _common_problems(contract: PublicContract) -> set[str]:
    """Find the slugs that operations of more than one service answer."""
    found: dict[str, set[str]] = {}
    for operation in contract.operations:
        for slug in operation.problems:
            found.setdefault(slug, set()).add(operation.service)
    return {slug for slug, services in found.items() if len(services) > 1}


def _operation(
    contract: PublicContract, shapes: Shapes, spec: Operation, common: set[str]
) -> TypedOperation:
    inputs = [_input(shapes, spec, each) for each in spec.parameters]
    answer = _answer(shapes, spec)
    headers = dict.fromkeys(name for each in spec.answers for name in each.headers)
    return TypedOperation(
        spec=spec,
        required=tuple(each for each in inputs if each.parameter.required),
        optional=tuple(each for each in inputs if not each.parameter.required),
        body=shapes.named(spec.body) if spec.body else None,
        answer=answer,
        headers=tuple(name for name in headers if name.lower() != _LOCATION),
        item=_item(contract, shapes, spec) if spec.page else None,
        problems=tuple(slug for slug in spec.problems if slug not in common),
    )


def _input(shapes: Shapes, spec: Operation, parameter: Parameter) -> Input:
    shape = shapes.of(parameter.schema, pascal(spec.id) + pascal(parameter.argument))
    return Input(parameter, shape.shape if isinstance(shape, Nullable) else shape)


def _answer(shapes: Shapes, spec: Operation) -> Shape | None:
    """Give what all successes have in common: one schema, nothing, or just JSON."""
    names = {each.schema for each in spec.answers}
    if len(names) > 1:
        return Anything()
    name = names.pop()
    return shapes.named(name) if name else None


def _item(contract: PublicContract, shapes: Shapes, spec: Operation) -> Shape:
    name = str(spec.answers[0].schema)
    items = shapes.of(
        contract.resolve(contract.schemas[name])["properties"]["items"], f"{name}Items"
    )
    return items.item if isinstance(items, ListOf) else Anything()


def _members(shapes: Shapes, owner: str, fields: Mapping[str, Mapping[str, object]]) -> list[Field]:
    return [
        Field(
            name,
            shapes.of(schema, owner + pascal(name)),
            is_required=True,
            text=str(schema.get("description", "")),
        )
        for name, schema in fields.items()
    ]
