"""Reads `x-owner`: the field with the owner of a resource, and the scope for everybody's.

`x-owner: customer_ref` is short for `{field: customer_ref, any: '<service>:any'}`.
"""

from collections.abc import Iterable
from typing import Final, Literal

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.http_contract import OwnerRule, Parameter

OWNER: Final = "x-owner"


def read_owner(
    operation: Node,
    parameters: Iterable[Parameter],
    body: Node | None,
    scopes: frozenset[str],
    faults: Faults,
) -> OwnerRule | None:
    """Read the rule of an operation; `scopes` are the declared ones. None without `x-owner`."""
    written = operation.get(OWNER)
    if written is None:
        return None
    if isinstance(written.value, dict) and written.value.keys() == {"field", "any"}:
        field, everybody = str(written.value["field"]), str(written.value["any"])
    elif isinstance(written.value, str):
        field, everybody = written.value, f"{operation.document.path.parent.name}:any"
    else:
        message = "name a field, or write {field: customer_ref, any: 'orders:any'}."
        faults.add(written.fault(message, "owner"))
        return None
    if everybody not in scopes:
        message = (
            f"scope {everybody}, for callers that reach everybody's resources, is not declared in"
            " securitySchemes; add it there."
        )
        faults.add(written.fault(message, "scopes"))
    if operation.value.get("security") == []:
        faults.add(written.fault("a public operation cannot know its caller's resources.", "owner"))
    return OwnerRule(field=field, everybody=everybody, place=_place(field, parameters, body))


def _place(
    field: str, parameters: Iterable[Parameter], body: Node | None
) -> Literal["body", "query", "resource"]:
    properties = body.get("properties") if body else None
    if properties is not None and field in properties.value:
        return "body"
    if any(each.place == "query" and each.argument == field for each in parameters):
        return "query"
    return "resource"
