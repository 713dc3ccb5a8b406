"""The package for tests of programs that use the module: its operations."""

import re
from typing import Final

from waybill_toolkit.contracts.sdk.go.operations import GoOperation
from waybill_toolkit.contracts.sdk.go.spelling import block, quoted, type_of
from waybill_toolkit.contracts.sdk.rendering import words
from waybill_toolkit.contracts.sdk.typed import TypedContract

_PARAMETER: Final = re.compile(r"\{[^}]+\}")
_EXPORTED: Final = re.compile(r"(?<!\.)\b([A-Z]\w*)")
_TAKEN: Final = frozenset(words("Answer Fake New Operation Request"))


def operations_parts(contents: TypedContract) -> dict[str, str]:
    """Return the operations and their routes, in document order, for the template."""
    operations = [
        GoOperation(contents, each) for service in contents.services for each in service.operations
    ]
    return {
        "operations": block(("", _name(each), f"= {_operation(each)}") for each in operations),
        "routes": "".join(f"\t{_route(each)},\n" for each in operations),
    }


def _name(each: GoOperation) -> str:
    return f"{each.name}_" if each.name in _TAKEN else each.name


def _operation(each: GoOperation) -> str:
    answer = each.operation.answer
    kind = _EXPORTED.sub(r"waybill.\1", type_of(answer)) if answer else "struct{}"
    return f"Operation[{kind}]{{{quoted(each.name)}, {each.operation.spec.answers[0].status}}}"


def _route(each: GoOperation) -> str:
    spec = each.operation.spec
    pattern = _PARAMETER.sub("*", spec.path)
    return f"{{{quoted(each.name)}, {quoted(spec.method)}, {quoted(pattern)}}}"
