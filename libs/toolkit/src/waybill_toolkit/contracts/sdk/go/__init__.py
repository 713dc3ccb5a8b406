"""The module for Go: only the standard library, formatted as by gofmt."""

import re
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError
from waybill_toolkit.contracts.sdk.go.operations import GoOperation
from waybill_toolkit.contracts.sdk.go.spelling import (
    block,
    comment,
    constant,
    exported,
    field_name,
    member,
    model,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.go.waybilltest import operations_parts
from waybill_toolkit.contracts.sdk.options import NameRule, PackageOptions
from waybill_toolkit.contracts.sdk.rendering import Package
from waybill_toolkit.contracts.sdk.shapes import Choice, Enumeration, Record
from waybill_toolkit.contracts.sdk.typed import Ending, TypedContract, TypedService, typed

MODULE: Final = "example.com/waybill"
"""The default module path."""

NAMES: Final[Mapping[str, NameRule]] = {
    "module": NameRule(
        what="the path of a Go module",
        pattern=r"[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*",
        example="git.example.com/acme/waybill",
    )
}

_DECLARED: Final = re.compile(r"^(?:type |func |\t(?=\w+ +\w+ += \"))(\w+)", re.MULTILINE)
"""The names of types, functions and constants in a source."""

_IN_PACKAGE: Final = re.compile(r"[^/]+\.go")
_EXTRA: Final = "Members that this version does not know."
_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "comment": comment,
    "exported": exported,
    "field_name": field_name,
    "model": model,
    "quoted": quoted,
}


def write(contract: PublicContract, out: Path, options: PackageOptions) -> None:
    """Write the module into `out`."""
    module = options.module or MODULE
    package, contents = Package(__name__, out, _FILTERS), typed(contract)
    package.copy_runtime()
    package.render("go.mod", "go.mod", module=module)
    problems = _problems(contents)
    package.render("client.go", "client.go", contract=contract, **_client(contents))
    package.render("models.go", "models.go", **_models(contents))
    package.render("problems.go", "problems.go", **problems)
    package.render(
        "README.md",
        "README.md",
        module=module,
        imported=_import(module),
        version=contract.version,
        url=options.project_url,
        services=_operations(contents),
        **problems,
    )
    for service in contents.services:
        # Without "_", as suffixes like _test.go and _linux.go have a meaning in Go.
        path = f"api_{service.name.replace('_', '').replace('-', '')}.go"
        package.render("service.go", path, **_service(contents, service))
    package.render(
        "operations.go",
        "waybilltest/operations.go",
        imported=_import(module),
        **operations_parts(contents),
    )
    _check_names(package.texts)


def _import(module: str) -> str:
    """Return the import of the package, by its name where the path has another one."""
    return quoted(module) if module.endswith("/waybill") else f"waybill {quoted(module)}"


def _check_names(texts: Mapping[str, str]) -> None:
    """Raise UnsupportedContractError when two names of the package are equal."""
    taken: dict[str, str] = {}
    for path, text in texts.items():
        for name in _DECLARED.findall(text) if _IN_PACKAGE.fullmatch(path) else ():
            if name in taken:
                message = f"the name {name} is used twice, in {taken[name]} and {path}; rename one."
                raise UnsupportedContractError(message)
            taken[name] = path


def _operations(contents: TypedContract) -> dict[str, list[GoOperation]]:
    return {
        exported(service.name): [GoOperation(contents, each) for each in service.operations]
        for service in contents.services
    }


def _client(contents: TypedContract) -> dict[str, str]:
    names = [(exported(each.name), _service_type(each), each.text) for each in contents.services]
    width = max((len(name) for name, _, _ in names), default=0)
    made = (f"\t\t{f'{name}:'.ljust(width + 1)} &{kind}{{c}},\n" for name, kind, _ in names)
    return {
        "services": block((text, name, f"*{kind}") for name, kind, text in names),
        "made": "".join(made),
    }


def _service_type(service: TypedService) -> str:
    return f"{exported(service.name)}Service"


def _service(contents: TypedContract, service: TypedService) -> dict[str, Any]:
    operations = [GoOperation(contents, each) for each in service.operations]
    return {
        "name": _service_type(service),
        "service": service,
        "operations": operations,
        "uses_iter": any(each.uses("iter") for each in operations),
        "uses_query": any(each.uses("url") for each in operations),
        "uses_time": any(each.uses("time") for each in operations),
    }


def _models(contents: TypedContract) -> dict[str, Any]:
    declared = contents.declared.values()
    records = [each for each in declared if isinstance(each, Record)]
    members = {each.name: _members(each, contents.answered) for each in records}
    choices = [each for each in declared if isinstance(each, Choice)]
    return {
        "records": records,
        "enumerations": [each for each in declared if isinstance(each, Enumeration)],
        "choices": choices,
        "imports": _imports(members, has_choices=bool(choices)),
        "members": lambda record: members[record.name],
        "constants": _constants,
        "known": lambda each: ", ".join(constant(each.name, value) for value in each.values),
        "answered": contents.answered,
    }


def _members(record: Record, answered: Container[str]) -> str:
    rows = [member(each) for each in record.fields]
    if record.name in answered:
        rows.append((_EXTRA, "Extra", "map[string]json.RawMessage", '`json:"-"`'))
    return block(rows)


def _imports(members: dict[str, str], *, has_choices: bool) -> list[str]:
    used = " ".join(members.values())
    return [
        *(["encoding/json"] if has_choices or "json.Raw" in used else []),
        *(["fmt"] if has_choices else []),
        *(["time"] if "time.Time" in used else []),
    ]


def _constants(each: Enumeration) -> str:
    return block(
        ("", constant(each.name, value), model(each.name), f"= {quoted(value)}")
        for value in each.values
    )


def _problems(contents: TypedContract) -> dict[str, Any]:
    return {
        "problems": contents.problems,
        "members": lambda problem: block(member(each)[:3] for each in problem.fields),
        "refusals": [_refusal(each) for each in contents.endings],
    }


def _refusal(ending: Ending) -> dict[str, Any]:
    owner = type_of(ending.owner)
    fields = [
        ("The final state.", owner, owner),
        ("", "Code", "string"),
        ("", "Detail", "string"),
    ]
    return {
        "owner": owner,
        "fields": block(fields),
        "field": exported(ending.follow.refusal),
        "codes": ending.follow.codes,
    }
