"""The operations of a service as Java code, for their requests and their methods."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a method. The last ones have a default and can be omitted."""

    name: str
    type: str
    default: str | None = None


CALL_OPTIONS = Argument("callOptions", "CallOptions", "CallOptions.DEFAULT")


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
    def boxed_type(self) -> str:
        if self.has_headers:
            return self.answer_name
        return boxed(self.operation.answer) if self.operation.answer else "Void"

    @property
    def item(self) -> str:
        return boxed(self.operation.item) if self.operation.item else ""

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
    def given(self) -> list[Argument]:
        """The arguments of the contract: the required ones, the body, the options."""
        found = [
            Argument(argument(each.parameter.argument), type_of(each.shape))
            for each in self.operation.required
        ]
        if self.operation.body:
            found.append(Argument("body", type_of(self.operation.body)))
        if self.operation.optional:
            found.append(Argument("options", self.options_name, f"new {self.options_name}()"))
        return found

    @property
    def arguments(self) -> list[Argument]:
        return [*self.given, CALL_OPTIONS]

    @property
    def parameters(self) -> str:
        return listed(self.arguments)

    @property
    def passed(self) -> str:
        return ", ".join(each.name for each in self.arguments)

    @property
    def code(self) -> str:
        """The body of the method that creates the request."""
        answer = self.operation.answer
        lines = "".join(f"\n                {each}" for each in call_lines(self.operation))
        call = f"        Call call ={lines};\n"
        if answer is None:
            return f"{call}        return new Request<>(transport, call, reply -> null);\n"
        if not self.has_headers:
            return f"{call}        return Request.of(transport, call, {token_of(answer)});\n"
        headers = "".join(f", reply.header({quoted(each)})" for each in self.operation.headers)
        values = f"reply.read({token_of(answer)}){headers}"
        return (
            f"{call}"
            "        return new Request<>(\n"
            "                transport,\n"
            "                call,\n"
            f"                reply -> new {self.answer_name}({values}));\n"
        )

    @property
    def follow(self) -> JavaFollow | None:
        return java_follow(self.contract, self.operation)

    @property
    def sources(self) -> str:
        """All code of the request, to determine the imports."""
        return f"{self.parameters} {self.boxed_type} {self.code} {'Set' if self.follow else ''}"


def listed(arguments: list[Argument]) -> str:
    """Return the parameters of a method."""
    return ", ".join(f"{each.type} {each.name}" for each in arguments)
