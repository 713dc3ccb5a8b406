"""Compares composed schemas: `oneOf`, `anyOf`, `allOf`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.keywords import Effect, Schema, types_of
from waybill_toolkit.contracts.diff.pair import Pair
from waybill_toolkit.contracts.diff.words import is_wording, plain
from waybill_toolkit.contracts.generate.documents import Node

UNIONS: Final = ("anyOf", "oneOf")


def unwrapped(node: Node) -> Node:
    """Return the schema inside an `allOf` that only adds a description."""
    seen = {node.place}
    while len(node.value.get("allOf", ())) == 1 and _consists_of(node, ("allOf",)):
        node = node.child("allOf").child("0").target()
        if node.place in seen:
            raise node.error("this is made of itself; end the circle at a value.", "reference")
        seen.add(node.place)
    return node


def became_union(pair: Pair) -> bool:
    """Return whether a plain schema became a union, or a union a plain schema."""
    union = pair.after if _union(pair.before) is None else pair.before
    other = pair.before if union is pair.after else pair.after
    return (
        _union(union) is not None
        and _union(other) is None
        and _consists_of(union, (*UNIONS, "discriminator"))
    )


def compare_unions(pair: Pair) -> Iterator[Change | Pair]:
    """Compare the branches. A plain schema counts as a union with one branch."""
    before, after = _branches(pair.before), _branches(pair.after)
    if _union(pair.before) == "anyOf" and _union(pair.after) == "oneOf" and len(after) > 1:
        message = " fits exactly one of its branches now"
        yield pair.judge(Effect("branches-changed", "oneOf", message, narrowed=True, widened=False))
    yield from _compare(pair, before, after, more_accepts_more=True)
    if _union(pair.after) == "oneOf" and len(after) > len(before) and _may_overlap(pair.after):
        message = " fits exactly one of its branches; what fits a new one too is refused now"
        yield pair.judge(Effect("branches-changed", "oneOf", message, narrowed=True, widened=False))


def _may_overlap(union: Node) -> bool:
    """Return whether a value can match two branches: no type or discriminator separates them."""
    if "discriminator" in union.value:
        return False
    types = [types_of(_keywords(each)) for each in _branches(union)]
    if any(each is None for each in types):
        return True
    named = [name for each in types if each for name in each]
    return len(set(named)) < len(named) or {"integer", "number"} <= set(named)


def _keywords(branch: Node) -> Schema:
    value = branch.target().value
    return value if isinstance(value, dict) else {}


def compare_parts(pair: Pair) -> Iterator[Change | Pair]:
    """Compare unions next to other keywords, and the parts of `allOf`."""
    if _union(pair.before) and _union(pair.after):
        yield from compare_unions(pair)
    elif union := _union(pair.before) or _union(pair.after):
        appeared = union in pair.new
        message = f": {union} is {'new' if appeared else 'gone'}"
        yield pair.judge(
            Effect("branches-changed", union, message, narrowed=appeared, widened=not appeared)
        )
    parts = (
        [*each.child("allOf").children()] if "allOf" in each.value else [] for each in _both(pair)
    )
    yield from _compare(pair, *parts, more_accepts_more=False)


def _compare(
    pair: Pair, before: Sequence[Node], after: Sequence[Node], *, more_accepts_more: bool
) -> Iterator[Change | Pair]:
    """Yield the matched branches as pairs, and a change for each added or removed branch."""
    couples, lost, more = _matched(before, after)
    for old, new in couples:
        yield pair.moved(old, new)
    accepts = "accepts" if more_accepts_more else "has to be"
    for node in lost:
        breaking = pair.use.breaks(narrowed=more_accepts_more, widened=not more_accepts_more)
        message = f"{pair.label} {accepts} {_name(node)} no longer."
        yield gone("branch-removed", node, message, breaking=breaking)
    for node in more:
        breaking = pair.use.breaks(narrowed=not more_accepts_more, widened=more_accepts_more)
        message = f"{pair.label} {accepts} {_name(node)} as well now."
        yield now("branch-added", node, message, breaking=breaking)


def _matched(
    before: Sequence[Node], after: Sequence[Node]
) -> tuple[list[tuple[Node, Node]], list[Node], list[Node]]:
    """Match branches by component, by equal schema, then by type."""
    couples: list[tuple[Node, Node]] = []
    lost, more = list(before), list(after)
    for key in (_component, plain, _type):
        for old in tuple(lost):
            fitting = [new for new in more if key(new) is not None and key(new) == key(old)]
            if fitting:
                couples.append((old, fitting[0]))
                lost.remove(old)
                more.remove(fitting[0])
    if len(lost) == len(more) == 1 and (_component(lost[0]) is None or _component(more[0]) is None):
        couples.append((lost.pop(), more.pop()))
    return couples, lost, more


def _branches(node: Node) -> list[Node]:
    union = _union(node)
    if union:
        return list(node.child(union).children())
    types = node.value.get("type")
    if isinstance(types, list):
        return [replace(node, value={**node.value, "type": each}) for each in types]
    return [node]


def _union(node: Node) -> str | None:
    return next((each for each in UNIONS if each in node.value), None)


def _consists_of(node: Node, keywords: Sequence[str]) -> bool:
    return all(name in keywords or is_wording(name) for name in node.value)


def _both(pair: Pair) -> tuple[Node, Node]:
    return pair.before, pair.after


def _component(node: Node) -> str | None:
    return node.step().name if node.reference else None


def _type(node: Node) -> str | None:
    written = node.target().value.get("type")
    return written if isinstance(written, str) else None


def _name(node: Node) -> str:
    return _component(node) or _type(node) or "another schema"
