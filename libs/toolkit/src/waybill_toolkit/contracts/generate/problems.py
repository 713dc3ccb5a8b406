"""Reads the registry of problem types, `contracts/shared/problems.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.names import fault_of_snake, pascal, snake
from waybill_toolkit.contracts.generate.plain_types import plain_type

RAISED_BY: Final = ("runtime", "handler", "gateway")
OWN_MEMBERS: Final = ("type", "title", "status", "detail", "instance", "trace_id", "slug", "errors")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One entry of the registry."""

    slug: str
    status: int
    title: str
    raised_by: str
    fields: tuple[tuple[str, str], ...]
    """Name and Python type of each member it adds."""
    schemas: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The JSON schema of each member it adds."""

    @property
    def class_name(self) -> str:
        return pascal(self.slug)


def read_registry(root: Node, faults: Faults) -> dict[str, ProblemType]:
    """Read all problem types by slug."""
    found = (_read(entry, faults) for entry in root.children())
    return {problem.slug: problem for problem in found if problem}


def _read(entry: Node, faults: Faults) -> ProblemType | None:
    value = entry.value
    if not isinstance(value, dict):
        faults.add(entry.fault("a problem has status, title and raised_by."))
        return None
    status, title, raised_by = (value.get(key) for key in ("status", "title", "raised_by"))
    if reason := fault_of_snake(snake(entry.name)):
        faults.add(entry.fault(reason))
    elif not isinstance(status, int) or status not in list(HTTPStatus) or status < 400:
        faults.add(entry.fault(f"status {status!r} is no error; write one from 400 to 599."))
    elif not isinstance(title, str):
        faults.add(entry.fault("title is missing; describe the problem in a few words."))
    elif raised_by not in RAISED_BY:
        faults.add(entry.fault(f"raised_by {raised_by!r} is none of {', '.join(RAISED_BY)}."))
    else:
        fields = _fields(entry, faults)
        schemas = value.get("fields", {})
        return ProblemType(entry.name, status, title, str(raised_by), fields, schemas)
    return None


def _fields(entry: Node, faults: Faults) -> tuple[tuple[str, str], ...]:
    fields: list[tuple[str, str]] = []
    declared = entry.get("fields")
    for each in declared.children() if declared else ():
        python = plain_type(each)
        if each.name in OWN_MEMBERS:
            faults.add(each.fault(f"{each.name} means something else; choose another name."))
        elif reason := fault_of_snake(each.name):
            faults.add(each.fault(reason))
        elif python is None:
            faults.add(each.fault(f"{each.name} must be a scalar or an array of scalars."))
        else:
            fields.append((each.name, python))
    return tuple(fields)
