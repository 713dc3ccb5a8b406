"""Operations in Java: methods of a service's class."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.java.spelling import (
    argument,
    boxed,
    camel,
    constant,
    javadoc,
    pascal,
    quoted,
    token_of,
    type_of,
)
from waybill_toolkit.contracts.sdk.shapes import Field
from waybill_toolkit.contracts.sdk.typed import Input, TypedContract, TypedOperation

_STEP: Final = re.compile(r"\{([^}]+)\}")
_NEW_KEY: Final = "Call.newKey()"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to call a method: with some of its arguments."""

    doc: str
    parameters: str
    passed: str
    """To the form that has them all."""


@dataclass(frozen=True, slots=True)
class JavaFollow:
    name: str
    doc: str
    status: str
    until: str
    refusal: str
    owner: str


@dataclass(frozen=True, slots=True)
class JavaOperation:
    """One operation, each part written in Java."""

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
        """The members of the record of what is optional."""
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
        """How to get from what is answered to its body."""
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
            paragraphs.append("Goes through all pages, each asked for when it is needed.")
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
        """The shorter ways to call it, the shortest first."""
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
                "The same under a key of your own:"
                " calls with one key and the same input do it once."
            )
        else:
            text = "The same; the options say which."
        return javadoc(text, 4)

    @property
    def parameters(self) -> str:
        return _listed(list(self._arguments()))

    @property
    def passed(self) -> str:
        return ", ".join(name for name, _ in self._arguments())

    @property
    def page_passed(self) -> str:
        """The arguments for the page that a cursor leads to."""
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
        """The statements that send it."""
        answer = self.operation.answer
        call = "".join(f"\n                {each}" for each in self._call())
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

    def _call(self) -> Iterator[str]:
        """Write the lines that make the call."""
        spec = self.operation.spec
        repeatable = "true" if spec.is_repeatable else "false"
        yield f'new Call("{spec.method}", {self._path()}, {repeatable})'
        steps = [
            _given(each, argument(each.parameter.argument)) for each in self.operation.required
        ]
        steps += [
            _given(each, f"options.{camel(each.parameter.argument)}()")
            for each in self.operation.optional
        ]
        steps += [".key(idempotencyKey)"] if spec.is_idempotent else []
        steps += [".body(body)"] if self.operation.body else []
        yield from (f"        {each}" for each in steps if each)

    def _path(self) -> str:
        arguments = {
            each.parameter.name: argument(each.parameter.argument)
            for each in self.operation.required
            if each.parameter.place == "path"
        }
        parts = [
            f"Call.escaped({arguments[part]})" if index % 2 else quoted(part)
            for index, part in enumerate(_STEP.split(self.operation.spec.path))
            if part
        ]
        return " + ".join(parts)

    @property
    def follow(self) -> JavaFollow | None:
        follow, answer = self.operation.spec.follow, self.operation.answer
        if follow is None or answer is None:
            return None
        owner = type_of(answer)
        status = self.contract.field(answer, follow.status).shape
        *others, last = (each.replace("_", " ") for each in follow.until)
        text = (
            f"{self.operation.spec.summary.rstrip('.')}, again and again until its"
            f" {follow.status} is {', '.join(others)} or {last}, for a minute at most."
        )
        throws = [
            f"@throws {owner}RefusedException when it ended in a refusal; a class for each reason",
            "@throws NotFinalException when it took too long",
        ]
        is_enum = self.contract.is_enumeration(status)
        return JavaFollow(
            name=camel(self.operation.follow_name),
            doc=javadoc(text, 4, throws),
            status=camel(follow.status),
            until=", ".join(constant(each) if is_enum else quoted(each) for each in follow.until),
            refusal=camel(follow.refusal),
            owner=owner,
        )

    @property
    def sources(self) -> str:
        """Everything with types in it, to find what has to be imported."""
        return " ".join((self.parameters, self.type, self.item, self.code))


def _listed(arguments: list[tuple[str, str]]) -> str:
    return ", ".join(f"{kind} {name}" for name, kind in arguments)


def _given(each: Input, value: str) -> str:
    match each.parameter.place:
        case "query":
            return f".query({quoted(each.parameter.name)}, {value})"
        case "header":
            return f".header({quoted(each.parameter.name)}, {value})"
        case _:
            return ""
