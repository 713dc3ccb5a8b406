"""Finds properties of responses and events that look personal, and do not say whose they are.

What names a person is encrypted, masked in logs and erased with the person, for which the subject
is needed: `x-personal: customer_ref`. A property about nobody says so: `x-not-personal: reason`.
"""

import re
from collections.abc import Container, Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import response_nodes
from waybill_toolkit.contracts.generate.personal import (
    NOT_PERSONAL,
    PERSONAL,
    RULE,
    properties_of,
    subject_of,
)
from waybill_toolkit.contracts.generate.schemas import reachable

_LOOKS_PERSONAL: Final = re.compile(
    r"(?:.*_)?(?:e_?mail|phone|mobile|fax|name|forename|surname|recipient|street|address|city"
    r"|postcode|postal_code|zip|zip_code|birthday|birth_?date|date_of_birth|tax_id|vat_id|iban)"
    r"(?:_(?:line_?)?[0-9]+)?"
)


def personal_faults(openapi: Node, asyncapi: Node) -> Iterator[Fault]:
    """Check the contracts of one service: its answers, its events, and all that is declared."""
    answered = reachable([*response_nodes(openapi), *_payloads(asyncapi)])
    for schema in answered.values():
        for each in properties_of(schema):
            if not _says(each) and _LOOKS_PERSONAL.fullmatch(each.name):
                yield each.fault(
                    f"{each.name} looks personal; name the field with the person's id"
                    f" ({PERSONAL}: customer_ref), or say why it is not ({NOT_PERSONAL}: reason).",
                    RULE,
                )
    declared = {
        each.place: each
        for schema in (*_schemas(openapi), *_schemas(asyncapi), *answered.values())
        for each in properties_of(schema)
    }.values()
    names = {each.name for each in declared}
    for each in declared:
        yield from _wrong(each, names)


def _wrong(prop: Node, names: Container[str]) -> Iterator[Fault]:
    """Check what one property says."""
    if not isinstance(prop.value, dict):
        return
    subject, reason = prop.value.get(PERSONAL), prop.value.get(NOT_PERSONAL)
    if PERSONAL in prop.value and NOT_PERSONAL in prop.value:
        yield prop.fault(f"{prop.name} has both {PERSONAL} and {NOT_PERSONAL}.", RULE)
    elif PERSONAL in prop.value and not (isinstance(subject, str) and subject in names):
        message = f"no property is named {subject!r}; name the one with the person's id."
        yield prop.fault(message, RULE)
    elif NOT_PERSONAL in prop.value and not (isinstance(reason, str) and reason.strip()):
        yield prop.fault(f"{NOT_PERSONAL} has no reason.", RULE)


def _says(prop: Node) -> bool:
    return isinstance(prop.value, dict) and (
        subject_of(prop) is not None or NOT_PERSONAL in prop.value
    )


def _payloads(asyncapi: Node) -> Iterator[Node]:
    components = asyncapi.get("components")
    messages = components.get("messages") if components else None
    for message in messages.children() if messages else ():
        if "payload" in message.value:
            yield message.child("payload")


def _schemas(document: Node) -> Iterator[Node]:
    components = document.get("components")
    schemas = components.get("schemas") if components else None
    yield from schemas.children() if schemas else ()
