"""Which members of a contract only explain it, and how the others are compared."""

import json
from collections.abc import Collection, Iterator
from typing import Final

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.generate.documents import Node

WORDS: Final = frozenset(
    {"$comment", "deprecated", "description", "example", "examples", "externalDocs", "links"}
    | {"summary", "tags", "title"}
)


NAMED: Final = ("$defs", "dependentSchemas", "patternProperties", "properties")
"""Their members are called as their author likes, also `title`."""

VALUES: Final = ("const", "default", "enum")
"""What they hold is no schema, so no member of it is a word."""


def is_wording(name: str) -> bool:
    """Tell whether a member explains: texts, examples, and extensions that no rule knows."""
    return name in WORDS or name.startswith("x-")


def unknown_members(before: Node, after: Node, known: Collection[str]) -> Iterator[Change]:
    """Call every changed member breaking, but those that a rule judges and those that explain."""
    names = before.value.keys() | after.value.keys()
    yield from changed_members(
        before, after, {name for name in names if name not in known and not is_wording(name)}
    )


def changed_members(before: Node, after: Node, names: Collection[str]) -> Iterator[Change]:
    """Call every change of these members breaking."""
    for name in sorted((before.value.keys() | after.value.keys()) & set(names)):
        if name not in after.value:
            yield gone("not-understood", before.child(name), f"{name} is gone; no rule judges it.")
        elif name not in before.value or _plain_member(before, name) != _plain_member(after, name):
            message = f"{name} is another; no rule judges it."
            yield now("not-understood", after.child(name), message, breaking=True)


def plain(node: Node) -> str:
    """Write a place without what only explains, references followed, to be compared."""
    return json.dumps(_stripped(node, (), names=False), sort_keys=True)


def _plain_member(holder: Node, name: str) -> str:
    """Write a member of a schema, which may hold names and no keywords."""
    return json.dumps(_stripped(holder.child(name), (), names=name in NAMED), sort_keys=True)


def shown(value: object) -> str:
    """Write a value so that equal values of JSON are written equally: 1 is 1.0, and not true."""
    return json.dumps(_counted(value), ensure_ascii=False, sort_keys=True)


def _stripped(node: Node, above: tuple[object, ...], *, names: bool) -> object:
    """Copy a place; where its members are `names` of fields, none of them is a word."""
    if node.reference is not None:
        if node.place in above:
            return node.reference
        beside = {
            child.name: _stripped(child, above, names=False)
            for child in node.children()
            if child.name != "$ref" and not is_wording(child.name)
        }
        target = _stripped(node.target(), (*above, node.place), names=False)
        return [target, beside] if beside else target
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
