"""The operations for tests of programs that use the package."""

import re
from typing import Final

from waybill_toolkit.contracts.sdk.java.operations import JavaOperation
from waybill_toolkit.contracts.sdk.java.spelling import boxed, constant
from waybill_toolkit.contracts.sdk.rendering import Package
from waybill_toolkit.contracts.sdk.typed import TypedContract

_PARAMETER: Final = re.compile(r"\{[^}]+\}")


def write_operations(package: Package, contents: TypedContract, folder: str) -> None:
    """Write the operations, in document order."""
    operations = [
        JavaOperation(contents, each)
        for service in contents.services
        for each in service.operations
    ]
    package.render(
        "Operations.java",
        f"{folder}/Operations.java",
        operations=[_parts(each) for each in operations],
    )


def _parts(each: JavaOperation) -> dict[str, object]:
    spec, answer = each.operation.spec, each.operation.answer
    return {
        "name": each.name,
        "constant": constant(each.operation.name),
        "type": boxed(answer) if answer else "Void",
        "method": spec.method,
        "path": "[^/]+".join(map(re.escape, _PARAMETER.split(spec.path))),
        "status": spec.answers[0].status,
    }
