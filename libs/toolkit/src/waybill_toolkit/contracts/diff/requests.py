"""Compares requests: parameters and bodies."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.schemas import compare_declared
from waybill_toolkit.contracts.diff.state import OperationPlace
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.diff.words import unknown_members
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.parameters import IDEMPOTENCY_KEY, parameter_nodes

Parameters: TypeAlias = dict[tuple[str, str], Node]

PARAMETER: Final = frozenset({"in", "name", "required", "schema"})
BODY: Final = frozenset({"content", "required"})


def compare_parameters(before: OperationPlace, after: OperationPlace) -> Iterator[Change]:
    """Compare the parameters of an operation by location and name."""
    for was, is_now in zip(before.path_parameters, after.path_parameters, strict=True):
        if was != is_now:
            message = f"the path parameter {was} is called {is_now} now: SDKs name it so."
            yield now("parameter-renamed", after.path, message, breaking=True)
    old, new = _parameters(before), _parameters(after)
    for key in old.keys() - new.keys():
        yield gone("parameter-removed", old[key], _removed(old[key]))
    for key in new.keys() - old.keys():
        required = _is_required(new[key])
        message = f"{_label(new[key])} is new{' and required' if required else ''}."
        yield now("parameter-added", new[key], message, breaking=required)
    for key in old.keys() & new.keys():
        yield from _compare_parameter(old[key], new[key])


def compare_body(old: Node | None, new: Node | None, before: Node, after: Node) -> Iterator[Change]:
    """Compare the request bodies of an operation; `before` and `after` are its nodes."""
    if old is None or new is None:
        if new is not None:
            breaking = _is_required(new)
            yield now("body-added", new, f"{after.name} takes a body now.", breaking=breaking)
        if old is not None:
            yield gone("body-removed", old, f"{before.name} takes no body any more.")
        return
    yield from _required_otherwise(old, new, "the body")
    yield from compare_content(old, new, Use.REQUEST, "the body")
    yield from unknown_members(old, new, BODY)


def compare_content(old: Node, new: Node, use: Use, label: str) -> Iterator[Change]:
    """Compare the media types of a body, and their schemas."""
    before, after = ({each.name: each for each in _media(holder)} for holder in (old, new))
    for name in before.keys() - after.keys():
        yield gone("media-type-removed", before[name], f"{label} is not {name} any more.")
    for name in after.keys() - before.keys():
        message = f"{label} can be {name} now."
        yield now("media-type-added", after[name], message, breaking=False)
    for name in before.keys() & after.keys():
        yield from compare_declared(before[name], after[name], use, label)
        yield from unknown_members(before[name], after[name], ("schema",))


def _media(holder: Node) -> Iterator[Node]:
    content = holder.get("content")
    yield from content.children() if content else ()


def _parameters(place: OperationPlace) -> Parameters:
    found = (each.target() for each in parameter_nodes(place.path, place.node))
    return {_key(each, place.path_parameters): each for each in found}


def _key(parameter: Node, path_parameters: list[str]) -> tuple[str, str]:
    where, name = parameter.value.get("in", ""), parameter.value.get("name", "")
    if where == "path" and name in path_parameters:
        return where, str(path_parameters.index(name))
    return where, name.lower() if where == "header" else name


def _label(parameter: Node) -> str:
    return f"the {parameter.value.get('in')} parameter {parameter.value.get('name')}"


def _removed(parameter: Node) -> str:
    if parameter.value.get("name") == IDEMPOTENCY_KEY:
        return "the Idempotency-Key is gone: a retried request would be executed again."
    return f"{_label(parameter)} is gone."


def _is_required(node: Node) -> bool:
    return node.value.get("required") is True


def _compare_parameter(old: Node, new: Node) -> Iterator[Change]:
    yield from _required_otherwise(old, new, _label(new))
    yield from compare_declared(old, new, Use.REQUEST, _label(new))
    yield from unknown_members(old, new, PARAMETER)


def _required_otherwise(old: Node, new: Node, label: str) -> Iterator[Change]:
    if _is_required(old) is not _is_required(new):
        required = _is_required(new)
        message = f"{label} is {'required now' if required else 'not required any more'}."
        yield now("required-changed", new, message, breaking=required)
