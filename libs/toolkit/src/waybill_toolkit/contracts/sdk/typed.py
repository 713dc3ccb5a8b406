"""The public contract with shapes, from which the packages for Go and Java are generated."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.sdk.contract import Follow, Operation, Parameter, PublicContract
from waybill_toolkit.contracts.sdk.shapes import (
    Anything,
    Choice,
    Declared,
    Enumeration,
    Field,
    ListOf,
    MapOf,
    Named,
    Nullable,
    Record,
    Shape,
    Shapes,
)

_WORD: Final = re.compile(r"\w+")
_LOCATION: Final = "location"
"""The URL of a new resource follows from its id, so clients do not need this header."""


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter in the path, the query or a header."""

    parameter: Parameter
    shape: Shape


@dataclass(frozen=True, slots=True)
class TypedOperation:
    """An operation with the shapes of its inputs and its result."""

    spec: Operation
    required: tuple[Input, ...]
    optional: tuple[Input, ...]
    body: Shape | None
    answer: Shape | None
    headers: tuple[str, ...]
    """Response headers that users need, such as ETag."""
    item: Shape | None
    """The shape of its items, if it returns pages."""
    problems: tuple[str, ...]
    """Slugs of its problems, without those that several services share: these concern HTTP."""

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
    """A resource that can be followed, and its possible refusals."""

    owner: Shape
    follow: Follow


@dataclass(frozen=True, slots=True)
class TypedContract:
    version: str
    services: tuple[TypedService, ...]
    problems: tuple[TypedProblem, ...]
    declared: Mapping[str, Declared]
    """All declared types, sorted by name."""

    @property
    def endings(self) -> tuple[Ending, ...]:
        """The refusals of each resource that can be followed."""
        operations = (each for service in self.services for each in service.operations)
        found = {
            each.answer: Ending(each.answer, each.spec.follow)
            for each in operations
            if each.answer and each.spec.follow
        }
        return tuple(found.values())

    @property
    def answered(self) -> frozenset[str]:
        """The records that occur in answers, where they can have fields of a newer version."""
        operations = (each for service in self.services for each in service.operations)
        fields = (field.shape for problem in self.problems for field in problem.fields)
        found: set[str] = set()
        pending = [*fields, *(each.answer for each in operations if each.answer)]
        while pending:
            shape = pending.pop()
            match shape:
                case Nullable(inner) | ListOf(inner) | MapOf(inner):
                    pending.append(inner)
                case Named(name) if name not in found:
                    found.add(name)
                    pending += _parts(self.declared[name])
        return frozenset(found)

    def with_names(self, text: str, spelled: Callable[[str], str]) -> str:
        """Rewrite operation ids in a text in the style of the language: `get_order` as GetOrder."""
        names = {each.name for service in self.services for each in service.operations}
        return _WORD.sub(lambda found: spelled(found[0]) if found[0] in names else found[0], text)

    def is_enumeration(self, shape: Shape) -> bool:
        """Return whether the shape is an enumeration."""
        return isinstance(shape, Named) and isinstance(self.declared[shape.name], Enumeration)

    def field(self, owner: Shape | None, name: str) -> Field:
        """Return a field of a record."""
        record = self.declared[owner.name] if isinstance(owner, Named) else None
        if not isinstance(record, Record):
            raise TypeError(f"{owner} is not a record")
        return next(each for each in record.fields if each.name == name)


def _parts(declared: Declared) -> list[Shape]:
    match declared:
        case Record():
            return [each.shape for each in declared.fields]
        case Choice():
            return [Named(each) for each in declared.options.values()]
        case Enumeration():
            return []


def typed(contract: PublicContract) -> TypedContract:
    """Determine the shapes of the contract."""
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
    """Return the slugs that operations of more than one service declare."""
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
    """Return the result that all success responses share: a schema, nothing, or any JSON."""
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
