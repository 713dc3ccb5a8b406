"""Exceptions in Java: a class for each problem type and for each refusal code."""

from waybill_toolkit.contracts.sdk.java.spelling import (
    camel,
    component,
    constant,
    imports,
    javadoc,
    member_type,
    pascal,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.rendering import Package
from waybill_toolkit.contracts.sdk.typed import Ending, TypedContract, TypedProblem


def write_problems(package: Package, contents: TypedContract, folder: str, internal: str) -> None:
    """Write all exceptions into `folder`, and the code that creates them into `internal`."""
    for problem in contents.problems:
        package.render("problem.java", f"{folder}/{_name(problem)}.java", **_parts(problem))
    known = [
        {"slug": each.slug, "name": _name(each), "members": _members(each)}
        for each in contents.problems
    ]
    package.render("KnownProblems.java", f"{internal}/KnownProblems.java", problems=known)
    for ending in contents.endings:
        _write_refusals(package, contents, ending, folder)


def _name(problem: TypedProblem) -> str:
    return f"{pascal(problem.slug)}Exception"


def _members(problem: TypedProblem) -> str:
    """Return the argument with the additional fields of the problem."""
    return f", Codec.fromJson(json, {_name(problem)}.Members.class)" if problem.fields else ""


def _parts(problem: TypedProblem) -> dict[str, object]:
    kinds = {field.name: member_type(field) for field in problem.fields}
    components = ", ".join(component(each.name, kinds[each.name]) for each in problem.fields)
    wire = ["waybill.model.Wire"] if "@Wire" in components else []
    return {
        "name": _name(problem),
        "title": problem.title,
        "status": problem.status,
        "imports": [*imports(components), *wire],
        "components": components,
        "members": [
            {"name": camel(each.name), "type": kinds[each.name], "doc": javadoc(each.text, 4)}
            for each in problem.fields
        ],
    }


def _write_refusals(package: Package, contents: TypedContract, ending: Ending, folder: str) -> None:
    owner, follow = type_of(ending.owner), ending.follow
    code = contents.field(contents.field(ending.owner, follow.refusal).shape, "code").shape
    spelled = constant if contents.is_enumeration(code) else quoted
    names = {each: f"{owner}{pascal(each)}Exception" for each in follow.codes}
    package.render(
        "refused.java",
        f"{folder}/{owner}RefusedException.java",
        owner=owner,
        refusal=camel(follow.refusal),
        cases=[{"value": spelled(each), "name": name} for each, name in names.items()],
    )
    for each, name in names.items():
        package.render("refusal.java", f"{folder}/{name}.java", owner=owner, name=name, code=each)
