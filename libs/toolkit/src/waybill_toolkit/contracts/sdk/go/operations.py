"""The operations of a service as Go code, for its template."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.go.calls import GoCall
from waybill_toolkit.contracts.sdk.go.follows import GoFollow, go_follow
from waybill_toolkit.contracts.sdk.go.spelling import (
    block,
    exported,
    local,
    optional,
    type_of,
)
from waybill_toolkit.contracts.sdk.shapes import Scalar
from waybill_toolkit.contracts.sdk.typed import TypedContract, TypedOperation

_PAGES: Final = (
    "Iterates over all items and fetches each page when it is needed. An error ends the iteration."
)


@dataclass(frozen=True, slots=True)
class GoOperation:
    """One operation, with all parts as Go code."""

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
    def text(self) -> str:
        summary, *more = self.operation.text.split("\n\n")
        summary = summary[:1].lower() + summary[1:].removesuffix(".")
        errors = ", ".join(f"*{exported(slug)}Error" for slug in self.operation.problems)
        if self.item:
            more.append(_PAGES)
        if errors:
            more.append(f"Specific errors: {errors}.")
        return self.contract.with_names("\n\n".join([f"{self.name}: {summary}.", *more]), exported)

    @property
    def single_name(self) -> str:
        """The name of the method that sends one request."""
        return f"{self.name}Page" if self.item else self.name

    @property
    def page_text(self) -> str:
        name = self.single_name
        return f"{name} fetches one page of {self.name}. NextCursor is the cursor of the next page."

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
        """The fields of the struct for body and headers; empty when there is only a body."""
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
        """The parameters of the method: the required ones, the body, the options."""
        return ", ".join(f"{name} {kind}" for name, kind in self._parameters())

    @property
    def passed(self) -> str:
        names = (name for name, _ in self._parameters())
        return ", ".join(f"{name}..." if name == "options" else name for name in names)

    def _parameters(self) -> Iterator[tuple[str, str]]:
        yield "ctx", "context.Context"
        for each in self.operation.required:
            yield local(each.parameter.argument), type_of(each.shape)
        if self.operation.body:
            yield "body", type_of(self.operation.body)
        if self.operation.optional:
            yield "parameters", self.options_name
        yield "options", "...CallOption"

    @property
    def item(self) -> str:
        return type_of(self.operation.item) if self.operation.item else ""

    @property
    def call(self) -> GoCall:
        return GoCall(self.operation)

    @property
    def follow(self) -> GoFollow | None:
        return go_follow(self.contract, self.operation)

    def uses(self, package: str) -> bool:
        """Return whether the code of this operation uses a package."""
        match package:
            case "iter":
                return self.operation.item is not None
            case "url":
                return any(each.parameter.place == "query" for each in self.operation.inputs)
            case _:
                return any(each.shape == Scalar("date-time") for each in self.operation.inputs)
