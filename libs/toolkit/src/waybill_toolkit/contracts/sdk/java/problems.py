"""Exceptions in Java: a class for each problem type and for each refusal code."""

from typing import Final

from waybill_toolkit.contracts.sdk.java.spelling import (
    camel,
    imports,
    javadoc,
    pascal,
    token_of,
    type_of,
)
from waybill_toolkit.contracts.sdk.rendering import Package, words
from waybill_toolkit.contracts.sdk.shapes import Field
from waybill_toolkit.contracts.sdk.typed import Ending, TypedContract, TypedProblem

_METHODS: Final = frozenset(
    words(
        "attempts body errors fillInStackTrace getCause getMessage headers idempotencyKey member"
        " method path problem status traceId"
    )
)
"""Methods of every exception."""


def write_problems(package: Package, contents: TypedContract, folder: str, internal: str) -> None:
    """Write all exceptions into `folder`, and the code that creates them into `internal`."""
    for problem in contents.problems:
        package.render("problem.java", f"{folder}/{_name(problem)}.java", **_parts(problem))
    known = [{"slug": each.slug, "name": _name(each)} for each in contents.problems]
    package.render("KnownProblems.java", f"{internal}/KnownProblems.java", problems=known)
    for ending in contents.endings:
        _write_refusals(package, contents, ending, folder)


def _name(problem: TypedProblem) -> str:
    return f"{pascal(problem.slug)}Exception"


def _parts(problem: TypedProblem) -> dict[str, object]:
    members = [_member(each) for each in problem.fields]
    sources = (f"{each['type']} {each['token']}" for each in members)
    return {
        "name": _name(problem),
        "title": problem.title,
        "status": problem.status,
        "imports": sorted([*imports(*sources), "waybill.Exchange"]),
        "members": members,
    }


def _member(field: Field) -> dict[str, str]:
    name = camel(field.name)
    return {
        "name": f"{name}_" if name in _METHODS else name,
        "field": field.name,
        "type": type_of(field.shape),
        "token": token_of(field.shape),
        "doc": javadoc(field.text or f"The member {field.name}.", 4),
    }


def _write_refusals(package: Package, contents: TypedContract, ending: Ending, folder: str) -> None:
    owner, follow = type_of(ending.owner), ending.follow
    code = contents.field(contents.field(ending.owner, follow.refusal).shape, "code").shape
    names = {each: f"{owner}{pascal(each)}Exception" for each in follow.codes}
    package.render(
        "refused.java",
        f"{folder}/{owner}RefusedException.java",
        owner=owner,
        refusal=camel(follow.refusal),
        is_enum=contents.is_enumeration(code),
        cases=[{"value": each, "name": name} for each, name in names.items()],
    )
    for each, name in names.items():
        package.render("refusal.java", f"{folder}/{name}.java", owner=owner, name=name, code=each)
