"""Compares two schemas: every difference, and whether it is breaking in this use.

References are followed. The content of a referenced schema is labelled by its component, so a
change of `Money` is one change, however many fields refer to it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from waybill_toolkit.contracts.diff.branches import (
    became_union,
    compare_parts,
    compare_unions,
    unwrapped,
)
from waybill_toolkit.contracts.diff.change import Change
from waybill_toolkit.contracts.diff.fields import compare_fields
from waybill_toolkit.contracts.diff.keywords import Effect, keyword_effects, type_effect
from waybill_toolkit.contracts.diff.pair import Pair
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.diff.words import changed_members, is_wording, plain, shown
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.personal import PERSONAL

UNJUDGED: Final = (
    *("$dynamicRef", "contains", "contentSchema", "dependentRequired", "dependentSchemas", "else"),
    *("if", "maxContains", "minContains", "nullable", "patternProperties", "prefixItems"),
    *("readOnly", "then", "unevaluatedItems", "unevaluatedProperties", "writeOnly"),
)
"""Keywords of JSON Schema and OpenAPI that have no rule here; the generator refuses most of them.
Unknown keywords have no effect, and linters report them."""


def compare_schemas(before: Node, after: Node, use: Use, label: str) -> Iterator[Change]:
    """Yield all changes. `label` names the schema in messages, up to the first component."""
    waiting = [Pair(before, after, use, label)]
    seen = set()
    while waiting:
        pair = waiting.pop()
        place = (pair.before.place, pair.after.place)
        if place in seen:
            continue
        seen.add(place)
        for found in _look_at(pair):
            if isinstance(found, Pair):
                waiting.append(found)
            else:
                yield found


def compare_declared(before: Node, after: Node, use: Use, label: str) -> Iterator[Change]:
    """Compare the `schema` of a parameter, a header or a body."""
    match "schema" in before.value, "schema" in after.value:
        case True, True:
            yield from compare_schemas(before.child("schema"), after.child("schema"), use, label)
        case False, False:
            pass
        case had, _:
            whole = Pair(before, after, use, label)
            message = f"{' has no schema now' if had else ' has a schema now'}"
            yield whole.judge(
                Effect("schema-changed", "schema", message, narrowed=not had, widened=had)
            )


def _look_at(pair: Pair) -> Iterator[Change | Pair]:
    """Yield the changes of this schema, and pairs of schemas to compare next."""
    yield from _reference_siblings(pair)
    pair = _followed(pair)
    if plain(pair.before) == plain(pair.after):
        return
    pair = pair.moved(_as_keywords(pair.before), _as_keywords(pair.after))
    if not all(isinstance(each.value, dict) for each in (pair.before, pair.after)):
        yield pair.judge_all(" has another schema")
        return
    pair = pair.moved(unwrapped(pair.before), unwrapped(pair.after))
    if became_union(pair):
        yield from compare_unions(pair)
        return
    changed = type_effect(pair.old, pair.new)
    if changed:
        yield pair.judge(changed)
    if not changed or not (changed.narrowed and changed.widened):
        yield from _members(pair)


def _as_keywords(schema: Node) -> Node:
    """Return `true`, which accepts any value, as a schema without keywords."""
    return replace(schema, value={}) if schema.value is True else schema


def _members(pair: Pair) -> Iterator[Change | Pair]:
    yield from map(pair.judge, keyword_effects(pair.old, pair.new))
    yield from compare_fields(pair)
    yield from _items(pair)
    yield from _default(pair)
    yield from compare_parts(pair)
    yield from changed_members(pair.before, pair.after, UNJUDGED)


def _items(pair: Pair) -> Iterator[Change | Pair]:
    match "items" in pair.old, "items" in pair.new:
        case True, True:
            yield pair.down("items", "[]")
        case False, True:
            yield pair.judge(
                Effect("limit-changed", "items", ": items is new", narrowed=True, widened=False)
            )
        case True, False:
            yield pair.judge(
                Effect("limit-changed", "items", ": items is gone", narrowed=False, widened=True)
            )
        case _:
            pass


def _default(pair: Pair) -> Iterator[Change]:
    """Compare `default` in requests and events; clients do not apply it to responses."""
    old, new = pair.old.get("default"), pair.new.get("default")
    if shown(old) != shown(new):
        means_another = "default" in pair.old and pair.use is not Use.ANSWER
        message = f" means {new!r} when it is left out, meant {old!r}"
        yield pair.judge(
            Effect("default-changed", "default", message, means_another, means_another)
        )


def _followed(pair: Pair) -> Pair:
    before, after = pair.before.target(), pair.after.target()
    moved = pair.moved(before, after)
    is_component = len(after.pointer) == 3 and after.pointer[:2] == ("components", "schemas")
    return moved.named(after.name) if is_component else moved


def _reference_siblings(pair: Pair) -> Iterator[Change]:
    """Compare the keywords next to a `$ref`, which JSON Schema applies as well."""
    if pair.before.reference or pair.after.reference:
        before, after = map(_siblings, (pair.before, pair.after))
        if before != after:
            yield pair.judge_all(": a keyword next to $ref has changed")


def _siblings(node: Node) -> dict[str, object]:
    if node.reference is None:
        return {}
    return {
        child.name: plain(child)
        for child in node.children()
        if child.name not in {"$ref", PERSONAL} and not is_wording(child.name)
    }
