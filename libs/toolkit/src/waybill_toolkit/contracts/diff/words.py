"""Separates members of a contract that only document it from the others, and compares these."""

import json
from collections.abc import Collection, Iterator
from typing import Final

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.personal import PERSONAL

WORDS: Final = frozenset(
    {"$comment", "deprecated", "description", "example", "examples", "externalDocs", "links"}
    | {"summary", "tags", "title"}
)


NAMED: Final = ("$defs", "dependentSchemas", "patternProperties", "properties")
"""The members of these are names chosen by the author, such as `title`."""

VALUES: Final = ("const", "default", "enum")
"""The values of these are no schemas, so none of their members is documentation."""


def is_wording(name: str) -> bool:
    """Return whether a member is documentation: texts, examples, and most extensions."""
    return name in WORDS or (name.startswith("x-") and name != PERSONAL)


def unknown_members(before: Node, after: Node, known: Collection[str]) -> Iterator[Change]:
    """Report every changed member as breaking, except documentation and members with a rule."""
    names = before.value.keys() | after.value.keys()
    yield from changed_members(
        before, after, {name for name in names if name not in known and not is_wording(name)}
    )


def changed_members(before: Node, after: Node, names: Collection[str]) -> Iterator[Change]:
    """Report every change of these members as breaking."""
    for name in sorted((before.value.keys() | after.value.keys()) & set(names)):
        if name not in after.value:
            yield gone("not-understood", before.child(name), f"{name} is gone; no rule covers it.")
        elif name not in before.value or _plain_member(before, name) != _plain_member(after, name):
            message = f"{name} has changed; no rule covers it."
            yield now("not-understood", after.child(name), message, breaking=True)


def plain(node: Node) -> str:
    """Serialize a node for comparison, without documentation and with references followed."""
    return json.dumps(_stripped(node, (), names=False), sort_keys=True)


def _plain_member(holder: Node, name: str) -> str:
    """Serialize a member of a schema, which may be a map of names without keywords."""
    return json.dumps(_stripped(holder.child(name), (), names=name in NAMED), sort_keys=True)


def shown(value: object) -> str:
    """Serialize a value so that equal JSON values are equal texts: 1 is 1.0, and not true."""
    return json.dumps(_counted(value), ensure_ascii=False, sort_keys=True)


def _stripped(node: Node, above: tuple[object, ...], *, names: bool) -> object:
    """Copy a node. With `names`, its members are field names, and none of them is documentation."""
    if node.reference is not None:
        if node.place in above:
            return node.reference
        siblings = {
            child.name: _stripped(child, above, names=False)
            for child in node.children()
            if child.name != "$ref" and not is_wording(child.name)
        }
        target = _stripped(node.target(), (*above, node.place), names=False)
        return [target, siblings] if siblings else target
    if isinstance(node.value, dict):
        return {
            child.name: child.value
            if child.name in VALUES and not names
            else _stripped(child, above, names=child.name in NAMED and not names)
            for child in node.children()
            if names or not is_wording(child.name)
        }
    if isinstance(node.value, list):
        return [_stripped(child, above, names=False) for child in node.children()]
    return node.value


def _counted(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _counted(each) for key, each in value.items()}
    return [_counted(each) for each in value] if isinstance(value, list) else value
