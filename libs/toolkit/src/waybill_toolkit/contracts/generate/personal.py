"""Reads `x-personal`: a property has what names a person, and whose it is.

`x-personal: customer_ref` says that the value is about the person with this customer_ref.
`x-not-personal: The name of a product.` says why a property with such a name is about nobody.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults

PERSONAL: Final = "x-personal"
NOT_PERSONAL: Final = "x-not-personal"
RULE: Final = "personal"

_VALUES: Final = frozenset({"example", "examples", "default", "const", "enum"})


def subject_of(prop: Node) -> object:
    """Return what `x-personal` of a property says; None without it."""
    return prop.value.get(PERSONAL) if isinstance(prop.value, dict) else None


def properties_of(node: Node) -> Iterator[Node]:
    """Yield the properties of a schema, and those of unnamed objects inside it."""
    if not isinstance(node.value, dict | list):
        return
    for child in node.children():
        if child.name == "properties":
            for prop in child.children():
                yield prop
                yield from properties_of(prop)
        elif child.name not in _VALUES:
            yield from properties_of(child)


def personal_fields(components: Mapping[str, Node], faults: Faults) -> dict[str, frozenset[str]]:
    """Return the personal properties of each schema that has any.

    One in an unnamed object is added to `faults`: generated code could not mask it.
    """
    found: dict[str, frozenset[str]] = {}
    for name, schema in components.items():
        own = {each.name for each in _own(schema) if subject_of(each) is not None}
        if own:
            found[name] = frozenset(own)
        for each in properties_of(schema):
            if subject_of(each) is not None and each.pointer[:-1] != (
                *schema.pointer,
                "properties",
            ):
                message = (
                    f"{PERSONAL} needs a named schema; move this object to components/schemas."
                )
                faults.add(each.fault(message, RULE))
    return found


def _own(schema: Node) -> Iterator[Node]:
    properties = schema.get("properties") if isinstance(schema.value, dict) else None
    yield from properties.children() if properties else ()
