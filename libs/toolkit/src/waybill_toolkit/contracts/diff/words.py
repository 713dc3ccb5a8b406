"""Which members of a contract only explain it, and how the others are compared."""

import json
from collections.abc import Collection, Iterator
from typing import Final

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.generate.documents import Node

WORDS: Final = frozenset(
    {"$comment", "deprecated", "description", "example", "examples", "externalDocs", "links"}
    | {"summary", "tags", "title"}
)


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
        elif name not in before.value or plain(before.child(name)) != plain(after.child(name)):
            message = f"{name} is another; no rule judges it."
            yield now("not-understood", after.child(name), message, breaking=True)


def plain(node: Node) -> str:
    """Write a place without what only explains, references followed, to be compared."""
    return json.dumps(_stripped(node, ()), sort_keys=True)


def _stripped(node: Node, above: tuple[object, ...]) -> object:
    if node.reference is not None:
        if node.place in above:
            return node.reference
        above = (*above, node.place)
        node = node.target()
    if isinstance(node.value, dict):
        names_are_keywords = node.name != "properties"
        return {
            child.name: _stripped(child, above)
            for child in node.children()
            if not (names_are_keywords and is_wording(child.name))
        }
    if isinstance(node.value, list):
        return [_stripped(child, above) for child in node.children()]
    return node.value
