"""The package for Java 17: a Maven project without dependencies."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.names import snake
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.java.models import choice_parts, enum_parts, record_parts
from waybill_toolkit.contracts.sdk.java.operations import JavaOperation
from waybill_toolkit.contracts.sdk.java.problems import write_problems
from waybill_toolkit.contracts.sdk.java.spelling import (
    KEYWORDS,
    camel,
    escaped,
    imports,
    javadoc,
    model,
    pascal,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.options import NameRule, PackageOptions
from waybill_toolkit.contracts.sdk.rendering import Package
from waybill_toolkit.contracts.sdk.shapes import (
    Choice,
    Declared,
    Enumeration,
    Field,
    Nullable,
    Record,
    Scalar,
)
from waybill_toolkit.contracts.sdk.typed import (
    TypedContract,
    TypedService,
    typed,
)

_SOURCES: Final = "src/main/java/"
_ROOT: Final = f"{_SOURCES}waybill/"
_STRING: Final = Scalar("string")
_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "camel": camel,
    "capital": lambda name: name[:1].upper() + name[1:],
    "html": escaped,
    "pascal": pascal,
    "quoted": quoted,
}


NAMES: Final[Mapping[str, NameRule]] = {
    "name": NameRule(
        what="the artifactId of a Maven project",
        pattern=r"[a-z][a-z0-9]*([._-][a-z0-9]+)*",
        example="acme-waybill",
    ),
    "module": NameRule(
        what="the name of a Java package",
        pattern=r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*",
        example="com.acme.waybill",
        reserved=KEYWORDS,
    ),
    "group": NameRule(
        what="the groupId of a Maven project",
        pattern=r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*",
        example="com.acme",
    ),
}


def write(contract: PublicContract, out: Path, options: PackageOptions) -> None:  # noqa: ARG001
    """Write the project into `out`."""
    package, contents = Package(__name__, out, _FILTERS), typed(contract)
    package.copy_runtime(_ROOT)
    package.render("pom.xml", "pom.xml", version=contract.version)
    package.render("module-info.java", f"{_SOURCES}module-info.java")
    package.render(
        "WaybillClient.java",
        f"{_ROOT}WaybillClient.java",
        version=contract.version,
        services=contents.services,
    )
    _write_models(package, contents)
    write_problems(package, contents, f"{_ROOT}problem", f"{_ROOT}internal")
    for service in contents.services:
        _write_service(package, contents, service)
    package.render(
        "README.md",
        "README.md",
        version=contract.version,
        services={
            camel(service.name): [JavaOperation(contents, each) for each in service.operations]
            for service in contents.services
        },
        problems=contents.problems,
        refusals={type_of(each.owner): each.follow.codes for each in contents.endings},
    )


def _write_models(package: Package, contents: TypedContract) -> None:
    for each in contents.declared.values():
        path = f"{_ROOT}model/{model(each.name)}.java"
        match each:
            case Enumeration():
                package.render("enum.java", path, **enum_parts(each))
            case Choice():
                package.render("choice.java", path, **choice_parts(each))
            case Record():
                parts = record_parts(
                    model(each.name), each.text, each.fields, _choices(contents, each)
                )
                package.render("record.java", path, **parts)


def _choices(contents: TypedContract, record: Declared) -> list[str]:
    return [
        model(each.name)
        for each in contents.declared.values()
        if isinstance(each, Choice) and record.name in each.options.values()
    ]


def _write_service(package: Package, contents: TypedContract, service: TypedService) -> None:
    operations = [JavaOperation(contents, each) for each in service.operations]
    name = f"{pascal(service.name)}Service"
    for each in operations:
        if each.options:
            _write_record(package, each.options_name, f"The options of {each.name}.", each.options)
        if each.has_headers and each.operation.answer:
            headers = [
                Field(
                    snake(header), Nullable(_STRING), is_required=True, text=f"the header {header}"
                )
                for header in each.operation.headers
            ]
            fields = [
                Field("body", each.operation.answer, is_required=True, text="the response body"),
                *headers,
            ]
            text = f"The response of {each.name} with its headers."
            _write_record(package, each.answer_name, text, fields)
    package.render(
        "service.java",
        f"{_ROOT}{name}.java",
        name=name,
        doc=javadoc(f"The operations of {service.name}.\n\n{service.text}"),
        operations=operations,
        imports=_service_imports(operations),
    )


def _write_record(package: Package, name: str, text: str, fields: Sequence[Field]) -> None:
    package.render("record.java", f"{_ROOT}model/{name}.java", **record_parts(name, text, fields))


def _service_imports(operations: Sequence[JavaOperation]) -> list[str]:
    sources = " ".join(each.sources for each in operations)
    found = imports(sources)
    found += ["java.time.Duration"] if any(each.follow for each in operations) else []
    internal = ["Call", *(each for each in ("Codec.", "Reply ") if each in sources), "Transport"]
    return [*sorted(found), *(f"waybill.internal.{each.strip(' .')}" for each in internal)]
