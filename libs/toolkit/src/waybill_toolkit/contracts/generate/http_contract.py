"""The operations of a service's `openapi.yaml`, for the templates."""

from dataclasses import dataclass
from typing import Literal

from waybill_toolkit.contracts.generate.media import JSON, ErrorForm
from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.generate.problems import ProblemType


@dataclass(frozen=True, slots=True)
class Parameter:
    """One path, query, header or cookie parameter. `constant` names it in the generated module."""

    constant: str
    name: str
    place: str
    argument: str
    annotation: str
    """The type in the handler's signature."""
    checked: str
    """The type with its constraints."""
    required: bool
    default: str
    """A Python literal."""
    many: bool


@dataclass(frozen=True, slots=True)
class Header:
    """One header of an answer, a field of its class."""

    field: str
    annotation: str
    required: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One success answer of an operation."""

    class_name: str
    status: int
    description: str
    body: str | None
    headers: tuple[Header, ...]
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Who may reach the resources of an operation, as `waybill.http.OwnerRule`."""

    field: str
    everybody: str
    place: Literal["body", "query", "resource"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, a method of the generated interface."""

    id: str
    method: str
    path: str
    text: tuple[str, ...]
    """Summary and description: the paragraphs of the docstring."""
    scopes: tuple[str, ...] | None
    """All of them are required; None for a public operation."""
    idempotent: bool
    body: str | None
    body_limit_bytes: int | None
    parameters: tuple[Parameter, ...]
    owner: OwnerRule | None
    answers: tuple[Answer, ...]
    problems: tuple[ProblemType, ...]
    """The problems that the handler may return."""
    tags: tuple[str, ...] = ()
    is_form: bool = False
    """Whether the body is a form; otherwise it is JSON."""
    ignores_unknown: bool = False
    errors: ErrorForm = "problem"
    basic: Literal["required", "optional"] | None = None

    @property
    def class_name(self) -> str:
        return pascal(self.id)

    @property
    def takes_owner(self) -> bool:
        """Whether the handler has to select by the owner: the request does not name one."""
        return self.owner is not None and self.owner.place == "resource"

    @property
    def takes_keywords(self) -> bool:
        """Whether the handler has keyword arguments."""
        return bool(self.parameters or self.takes_owner or self.basic)


@dataclass(frozen=True, slots=True)
class HttpContract:
    """All operations of one service, in the author's order."""

    operations: tuple[Operation, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Each parameter once, sorted by its constant."""
        found = {each.constant: each for one in self.operations for each in one.parameters}
        return tuple(found[name] for name in sorted(found))

    @property
    def problems(self) -> tuple[ProblemType, ...]:
        """Each problem that a handler may return once, sorted by its slug."""
        found = {each.slug: each for one in self.operations for each in one.problems}
        return tuple(found[slug] for slug in sorted(found))
