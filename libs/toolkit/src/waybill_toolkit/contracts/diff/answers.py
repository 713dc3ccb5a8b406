"""Compares responses: statuses, bodies, headers, problems."""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.requests import compare_content
from waybill_toolkit.contracts.diff.schemas import compare_declared, compare_schemas
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.diff.words import unknown_members
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.not_modified import NOT_MODIFIED

ANSWER: Final = frozenset({"content", "headers"})
HEADER: Final = frozenset({"required", "schema"})


def compare_answers(
    before: Node, after: Node, problems_before: Node | None, problems_after: Node | None
) -> Iterator[Change]:
    """Compare the responses of an operation by status, and its problems by type.

    A new problem is safe: a client handles a problem of unknown type by its status. A new success
    status is breaking, because a client does not recognize it as a success; but 304 is only sent to
    a client that asks for it by If-None-Match.
    """
    old = {each.name: each.target() for each in before.children()}
    new = {each.name: each.target() for each in after.children()}
    for status in old.keys() - new.keys():
        yield gone("answer-removed", before.child(status), f"the answer {status} is gone.")
    for status in new.keys() - old.keys():
        success = status < "400" and status != NOT_MODIFIED
        message = f"the answer {status} is new."
        yield now("answer-added", after.child(status), message, breaking=success)
    for status in old.keys() & new.keys():
        yield from _compare_answer(old[status], new[status], f"the body of {status}")
    yield from _compare_problems(old, new, problems_before, problems_after)


def _compare_answer(old: Node, new: Node, label: str) -> Iterator[Change]:
    yield from compare_content(old, new, Use.ANSWER, label)
    yield from _compare_headers(old, new)
    yield from unknown_members(old, new, ANSWER)


def _compare_headers(old: Node, new: Node) -> Iterator[Change]:
    before, after = _headers(old), _headers(new)
    for name in before.keys() - after.keys():
        yield gone("header-removed", before[name], f"the header {name} is gone.")
    for name in after.keys() - before.keys():
        yield now("header-added", after[name], f"the header {name} is new.", breaking=False)
    for name in before.keys() & after.keys():
        was, is_now = before[name].target(), after[name].target()
        if was.value.get("required", False) != is_now.value.get("required", False):
            required = is_now.value.get("required", False)
            message = f"the header {name} is {'always' if required else 'not always'} there now."
            yield now("required-changed", after[name], message, breaking=not required)
        yield from compare_declared(was, is_now, Use.ANSWER, f"the header {name}")
        yield from unknown_members(was, is_now, HEADER)


def _headers(answer: Node) -> dict[str, Node]:
    declared = answer.get("headers")
    return {each.name.lower(): each for each in declared.children()} if declared else {}


def _compare_problems(
    before: dict[str, Node], after: dict[str, Node], registry: Node | None, other: Node | None
) -> Iterator[Change]:
    old, new = _problems(before), _problems(after)
    for key in old.keys() - new.keys():
        yield gone("problem-removed", old[key], f"the problem {' '.join(key)} is gone.")
    for key in new.keys() - old.keys():
        message = f"the problem {' '.join(key)} is new."
        yield now("problem-added", new[key], message, breaking=False)
    for slug in {slug for _, slug in old} & {slug for _, slug in new}:
        if registry and other and (was := registry.get(slug)) and (is_now := other.get(slug)):
            yield from _compare_fields(was, is_now)


def _problems(answers: dict[str, Node]) -> dict[tuple[str, str], Node]:
    """Map status and slug to the node that declares the problem type."""
    return {
        (status, str(slug.value)): slug
        for status, answer in answers.items()
        if (declared := answer.get("x-problems"))
        for slug in declared.children()
    }


def _compare_fields(old: Node, new: Node) -> Iterator[Change]:
    """Compare the additional fields of a problem. All of them are always sent."""
    before, after = (
        {each.name: each for each in fields.children()} if (fields := entry.get("fields")) else {}
        for entry in (old, new)
    )
    for name in before.keys() - after.keys():
        yield gone("field-removed", before[name], f"{old.name}.{name} is gone.")
    for name in after.keys() - before.keys():
        yield now("field-added", after[name], f"{new.name}.{name} is new.", breaking=False)
    for name in before.keys() & after.keys():
        yield from compare_schemas(before[name], after[name], Use.ANSWER, f"{new.name}.{name}")
