"""The operations of a service as Java code: the methods of its class."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.java.calls import call_lines
from waybill_toolkit.contracts.sdk.java.follows import JavaFollow, java_follow
from waybill_toolkit.contracts.sdk.java.spelling import (
    argument,
    boxed,
    camel,
    javadoc,
    pascal,
    quoted,
    token_of,
    type_of,
)
from waybill_toolkit.contracts.sdk.shapes import Field
from waybill_toolkit.contracts.sdk.typed import TypedContract, TypedOperation

_NEW_KEY: Final = "Call.newKey()"


@dataclass(frozen=True, slots=True)
class Form:
    """An overload of a method with fewer arguments."""

    doc: str
    parameters: str
    passed: str
    """The arguments for the overload that has all of them."""


@dataclass(frozen=True, slots=True)
class JavaOperation:
    """One operation, with all parts as Java code."""

    contract: TypedContract
    operation: TypedOperation

    @property
    def name(self) -> str:
        return camel(self.operation.name)

    @property
    def options_name(self) -> str:
        return f"{pascal(self.operation.name)}Options"

    @property
    def options(self) -> list[Field]:
        """The components of the options record."""
        return [
            Field(
                each.parameter.argument,
                each.shape,
                is_required=False,
                text=each.parameter.description,
            )
            for each in self.operation.optional
        ]

    @property
    def answer_name(self) -> str:
        return f"{pascal(self.operation.name)}Answer"

    @property
    def has_headers(self) -> bool:
        return bool(self.operation.headers and self.operation.answer)

    @property
    def body(self) -> str:
        """The accessor of the body in the method's result."""
        return ".body()" if self.has_headers else ""

    @property
    def type(self) -> str:
        if self.has_headers:
            return self.answer_name
        return type_of(self.operation.answer) if self.operation.answer else "void"

    @property
    def item(self) -> str:
        return boxed(self.operation.item) if self.operation.item else ""

    @property
    def public_type(self) -> str:
        return f"Items<{self.item}>" if self.item else self.type

    @property
    def text(self) -> str:
        paragraphs = [each.rstrip(".") + "." for each in self.operation.text.split("\n\n")]
        if self.item:
            paragraphs.append("Iterates over all items and fetches each page when it is needed.")
        return self.contract.with_names("\n\n".join(paragraphs), camel)

    @property
    def doc(self) -> str:
        throws = [
            f"@throws {pascal(slug)}Exception {self._title(slug)}"
            for slug in self.operation.problems
        ]
        return javadoc(self.text, 4, throws)

    def _title(self, slug: str) -> str:
        title = next(each.title for each in self.contract.problems if each.slug == slug)
        return title[:1].lower() + title[1:]

    @property
    def forms(self) -> list[Form]:
        """The overloads with fewer arguments, shortest first."""
        arguments = list(self._arguments())
        found: list[Form] = []
        usual = {"options": f"new {self.options_name}()", "idempotencyKey": _NEW_KEY}
        for name, left_out in (("options", "idempotencyKey"), ("idempotencyKey", "")):
            if any(each == name for each, _ in arguments):
                given = [each for each in arguments if each[0] not in {name, left_out}]
                names = {each for each, _ in given}
                passed = [each if each in names else usual[each] for each, _ in arguments]
                found.append(Form(self.doc, _listed(given), ", ".join(passed)))
        return found

    @property
    def long_doc(self) -> str:
        """The comment of the method with all arguments."""
        if not self.forms:
            return self.doc
        if self.operation.spec.is_idempotent:
            text = (
                "The same with a key of your own:"
                " calls with the same key and the same input are executed once."
            )
        else:
            text = "The same with options."
        return javadoc(text, 4)

    @property
    def parameters(self) -> str:
        return _listed(list(self._arguments()))

    @property
    def passed(self) -> str:
        return ", ".join(name for name, _ in self._arguments())

    @property
    def page_passed(self) -> str:
        """The arguments for the next page."""
        further = "cursor == null ? options : options.withCursor(cursor)"
        return ", ".join(further if name == "options" else name for name, _ in self._arguments())

    def _arguments(self) -> Iterator[tuple[str, str]]:
        for each in self.operation.required:
            yield argument(each.parameter.argument), type_of(each.shape)
        if self.operation.body:
            yield "body", type_of(self.operation.body)
        if self.operation.optional:
            yield "options", self.options_name
        if self.operation.spec.is_idempotent:
            yield "idempotencyKey", "String"

    @property
    def code(self) -> str:
        """The body of the method that sends the request."""
        answer = self.operation.answer
        call = "".join(f"\n                {each}" for each in call_lines(self.operation))
        if answer is None:
            return f"        Call call ={call};\n        transport.send(call);\n"
        if not self.has_headers:
            read = f"transport.send(call).read({token_of(answer)})"
            return f"        Call call ={call};\n        return {read};\n"
        headers = "".join(f", reply.header({quoted(each)})" for each in self.operation.headers)
        return (
            f"        Call call ={call};\n"
            "        Reply reply = transport.send(call);\n"
            f"        return new {self.answer_name}(reply.read({token_of(answer)}){headers});\n"
        )

    @property
    def follow(self) -> JavaFollow | None:
        return java_follow(self.contract, self.operation)

    @property
    def sources(self) -> str:
        """All code that contains types, to determine the imports."""
        return " ".join((self.parameters, self.type, self.item, self.code))


def _listed(arguments: list[tuple[str, str]]) -> str:
    return ", ".join(f"{kind} {name}" for name, kind in arguments)
