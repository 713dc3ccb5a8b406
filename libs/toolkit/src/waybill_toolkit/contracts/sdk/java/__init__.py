"""The package for Java 17: a Maven project without dependencies."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.names import snake
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.java.canned import write_operations
from waybill_toolkit.contracts.sdk.java.methods import JavaMethods
from waybill_toolkit.contracts.sdk.java.models import choice_parts, enum_parts, record_parts
from waybill_toolkit.contracts.sdk.java.naming import NAMES, ROOT, SOURCES, moved, package_of
from waybill_toolkit.contracts.sdk.java.operations import JavaOperation
from waybill_toolkit.contracts.sdk.java.problems import write_problems
from waybill_toolkit.contracts.sdk.java.spelling import (
    camel,
    escaped,
    imports,
    javadoc,
    model,
    pascal,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.options import PackageOptions
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

__all__ = ["NAMES", "write"]

_STRING: Final = Scalar("string")
_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "camel": camel,
    "capital": lambda name: name[:1].upper() + name[1:],
    "html": escaped,
    "pascal": pascal,
    "quoted": quoted,
}


def write(contract: PublicContract, out: Path, options: PackageOptions) -> None:
    """Write the project into `out`."""
    contents, base = typed(contract), package_of(options)
    package = Package(__name__, out, _FILTERS, partial(moved, base))
    project = {
        "version": contract.version,
        "group": options.group or base,
        "name": options.name or "waybill-client",
    }
    package.copy_runtime(ROOT)
    package.render("pom.xml", "pom.xml", url=options.project_url, **project)
    package.render("module-info.java", f"{SOURCES}module-info.java")
    for name in ("WaybillAsyncClient", "WaybillClient", "WaybillRequests"):
        package.render(
            f"{name}.java",
            f"{ROOT}{name}.java",
            version=contract.version,
            services=contents.services,
        )
    _write_models(package, contents)
    write_problems(package, contents, f"{ROOT}problem", f"{ROOT}internal")
    write_operations(package, contents, f"{ROOT}testing")
    for service in contents.services:
        _write_service(package, contents, service)
    package.render(
        "README.md",
        "README.md",
        **project,
        services={
            camel(service.name): [JavaOperation(contents, each) for each in service.operations]
            for service in contents.services
        },
        problems=contents.problems,
        refusals={type_of(each.owner): each.follow.codes for each in contents.endings},
    )


def _write_models(package: Package, contents: TypedContract) -> None:
    for each in contents.declared.values():
        path = f"{ROOT}model/{model(each.name)}.java"
        match each:
            case Enumeration():
                package.render("enum.java", path, **enum_parts(each))
            case Choice():
                package.render("choice.java", path, **choice_parts(each))
            case Record():
                parts = record_parts(
                    model(each.name),
                    each.text,
                    each.fields,
                    _choices(contents, each),
                    is_answered=each.name in contents.answered,
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
    _write_requests(package, service, operations)
    for is_async in (False, True):
        _write_methods(package, service, operations, is_async=is_async)


def _write_requests(
    package: Package, service: TypedService, operations: Sequence[JavaOperation]
) -> None:
    name = f"{pascal(service.name)}Requests"
    text = (
        f"The requests of {service.name}: sending one returns its value together with status,"
        " headers and body."
    )
    package.render(
        "requests.java",
        f"{ROOT}{name}.java",
        name=name,
        doc=javadoc(text),
        service=f"{pascal(service.name)}Service",
        operations=operations,
        imports=imports("Transport", *(each.sources for each in operations)),
    )


def _write_methods(
    package: Package,
    service: TypedService,
    operations: Sequence[JavaOperation],
    *,
    is_async: bool,
) -> None:
    methods = [one for each in operations for one in JavaMethods(each, is_async).all()]
    name = f"{pascal(service.name)}{'AsyncService' if is_async else 'Service'}"
    package.render(
        "service.java",
        f"{ROOT}{name}.java",
        name=name,
        doc=javadoc(f"The operations of {service.name}.\n\n{service.text}"),
        requests=f"{pascal(service.name)}Requests",
        methods=methods,
        imports=imports(*(each.sources for each in methods)),
    )


def _write_record(package: Package, name: str, text: str, fields: Sequence[Field]) -> None:
    package.render("record.java", f"{ROOT}model/{name}.java", **record_parts(name, text, fields))
