"""What the template of a service needs to know of each operation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.go.spelling import (
    block,
    exported,
    local,
    model,
    optional,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.rendering import words
from waybill_toolkit.contracts.sdk.shapes import ListOf, Named, Scalar, Shape
from waybill_toolkit.contracts.sdk.typed import Input, TypedContract, TypedOperation

_PAGES: Final = (
    "Goes through all pages, each asked for when it is needed. An error is the last that comes."
)
_STEP: Final = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class GoFollow:
    name: str
    text: str
    status: str
    until: str
    refusal: str
    refuse: str


@dataclass(frozen=True, slots=True)
class GoOperation:
    """One operation, each part written in Go."""

    contract: TypedContract
    operation: TypedOperation

    @property
    def name(self) -> str:
        return exported(self.operation.name)

    @property
    def options_name(self) -> str:
        return f"{self.name}Options"

    @property
    def answer_name(self) -> str:
        return f"{self.name}Answer"

    @property
    def idempotent(self) -> bool:
        return self.operation.spec.is_idempotent

    @property
    def text(self) -> str:
        summary, *more = self.operation.text.split("\n\n")
        summary = summary[:1].lower() + summary[1:].removesuffix(".")
        errors = ", ".join(f"*{exported(slug)}Error" for slug in self.operation.problems)
        if self.item:
            more.append(_PAGES)
        if errors:
            more.append(f"Errors of its own: {errors}.")
        return self.contract.with_names("\n\n".join([f"{self.name}: {summary}.", *more]), exported)

    @property
    def single_name(self) -> str:
        """Name the method that sends one request."""
        return f"{self.name}Page" if self.item else self.name

    @property
    def page_text(self) -> str:
        name = self.single_name
        return f"{name} asks for one page of {self.name}; its NextCursor leads to the next."

    @property
    def options(self) -> str:
        """The fields of the options."""
        return block(
            (each.parameter.description, exported(each.parameter.argument), optional(each.shape))
            for each in self.operation.optional
        )

    @property
    def answer_type(self) -> str:
        return type_of(self.operation.answer) if self.operation.answer else ""

    @property
    def answer_fields(self) -> str:
        """The fields of what holds the body and headers; none when there is only a body."""
        if not self.operation.headers or not self.answer_type:
            return ""
        fields = [("", field, "string") for field, _ in self.headers]
        return block([("", "Body", self.answer_type), *fields])

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(exported(each), each) for each in self.operation.headers]

    @property
    def body_of(self) -> str:
        return ".Body" if self.answer_fields else ""

    @property
    def result_type(self) -> str:
        return self.answer_name if self.answer_fields else self.answer_type

    @property
    def result(self) -> str:
        return f"({self.result_type}, error)" if self.result_type else "error"

    @property
    def arguments(self) -> str:
        """The parameters of the method: what is required, the body, what is optional."""
        return ", ".join(f"{name} {kind}" for name, kind in self._parameters())

    @property
    def passed(self) -> str:
        return ", ".join(name for name, _ in self._parameters())

    def _parameters(self) -> Iterator[tuple[str, str]]:
        yield "ctx", "context.Context"
        for each in self.operation.required:
            yield local(each.parameter.argument), type_of(each.shape)
        if self.operation.body:
            yield "body", type_of(self.operation.body)
        if self.operation.optional:
            yield "parameters" if self.idempotent else "options", self.options_name
        if self.idempotent:
            yield "options", "...CallOption"

    @property
    def call(self) -> str:
        """The members of the call."""
        spec = self.operation.spec
        places = {each.parameter.place for each in self.operation.inputs}
        members = {
            "method": f"http.Method{spec.method.capitalize()}",
            "path": self._path(),
            "query": "url.Values{}" if "query" in places else "",
            "header": self._header(places),
            "body": "body" if self.operation.body else "",
            "repeatable": "true" if spec.is_repeatable else "",
        }
        rows = [(f"{name}:", value) for name, value in members.items() if value]
        width = max(len(name) for name, _ in rows)
        return "".join(f"\t\t{name.ljust(width)} {value},\n" for name, value in rows)

    def _header(self, places: set[str]) -> str:
        if self.idempotent:
            return "http.Header{keyHeader: {newKey()}}"
        return "http.Header{}" if "header" in places else ""

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
        """The lines that put parameters into query and headers."""
        holder = "parameters" if self.idempotent else "options"
        needed = [
            _needed(each, local(each.parameter.argument))
            for each in self.operation.required
            if each.parameter.place != "path"
        ]
        given = [
            _given(each, f"{holder}.{exported(each.parameter.argument)}")
            for each in self.operation.optional
        ]
        return needed + given

    @property
    def item(self) -> str:
        return type_of(self.operation.item) if self.operation.item else ""

    @property
    def follow(self) -> GoFollow | None:
        follow, answer = self.operation.spec.follow, self.operation.answer
        if follow is None or answer is None:
            return None
        name = exported(self.operation.follow_name)
        *others, last = (each.replace("_", " ") for each in follow.until)
        owner = type_of(answer)
        status = self.contract.field(answer, follow.status)
        return GoFollow(
            name=name,
            text=f"{name} calls {self.name} until its {follow.status} is {', '.join(others)} or "
            f"{last}, or the context ends. Then it returns what it saw last. One that ended in a "
            f"refusal comes with an error: *{owner}RefusedError, and the one for its code.",
            status=exported(follow.status),
            until=", ".join(self._constant(status.shape, value) for value in follow.until),
            refusal=exported(follow.refusal),
            refuse=f"refusalOf{owner}",
        )

    def _constant(self, shape: Shape, value: str) -> str:
        if isinstance(shape, Named) and self.contract.is_enumeration(shape):
            return constant(shape.name, value)
        return quoted(value)

    def uses(self, package: str) -> bool:
        """Tell whether the code of this operation needs a package."""
        match package:
            case "iter":
                return self.operation.item is not None
            case "url":
                return any(each.parameter.place == "query" for each in self.operation.inputs)
            case _:
                return any(each.shape == Scalar("date-time") for each in self.operation.inputs)


def constant(enumeration: str, value: str) -> str:
    """Name a value of an enumeration."""
    return model(enumeration) + ("".join(exported(each) for each in words(value)) or "Empty")


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
