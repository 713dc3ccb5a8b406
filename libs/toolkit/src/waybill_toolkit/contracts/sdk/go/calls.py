"""The request of an operation as Go code."""

import re
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.go.spelling import exported, local, quoted
from waybill_toolkit.contracts.sdk.shapes import ListOf
from waybill_toolkit.contracts.sdk.typed import Input, TypedOperation

_STEP: Final = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class GoCall:
    """The call of one operation."""

    operation: TypedOperation

    @property
    def fields(self) -> str:
        """The fields of the call struct."""
        spec = self.operation.spec
        places = {each.parameter.place for each in self.operation.inputs}
        members = {
            "method": f"http.Method{spec.method.capitalize()}",
            "path": self._path(),
            "query": "url.Values{}" if "query" in places else "",
            "header": "http.Header{}" if "header" in places else "",
            "body": "body" if self.operation.body else "",
            "idempotent": "true" if spec.is_idempotent else "",
            "repeatable": "true" if spec.is_repeatable else "",
        }
        rows = [(f"{name}:", value) for name, value in members.items() if value]
        width = max(len(name) for name, _ in rows)
        return "".join(f"\t\t{name.ljust(width)} {value},\n" for name, value in rows)

    def _path(self) -> str:
        arguments = {
            each.parameter.name: local(each.parameter.argument)
            for each in self.operation.required
            if each.parameter.place == "path"
        }
        parts = [
            f"segment({arguments[part]})" if index % 2 else quoted(part)
            for index, part in enumerate(_STEP.split(self.operation.spec.path))
            if part
        ]
        return " + ".join(parts)

    @property
    def setup(self) -> list[str]:
        """The lines that add parameters to the query and the headers."""
        needed = [
            _needed(each, local(each.parameter.argument))
            for each in self.operation.required
            if each.parameter.place != "path"
        ]
        given = [
            _given(each, f"parameters.{exported(each.parameter.argument)}")
            for each in self.operation.optional
        ]
        return needed + given


def _setter(each: Input) -> str:
    holder = "query" if each.parameter.place == "query" else "header"
    return f"call.{holder}.{'Add' if isinstance(each.shape, ListOf) else 'Set'}"


def _needed(each: Input, value: str) -> str:
    if isinstance(each.shape, ListOf):
        return _given(each, value)
    return f"{_setter(each)}({quoted(each.parameter.name)}, text({value}))"


def _given(each: Input, value: str) -> str:
    function = "putAll" if isinstance(each.shape, ListOf) else "put"
    return f"{function}({_setter(each)}, {quoted(each.parameter.name)}, {value})"
