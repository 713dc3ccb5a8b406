"""The methods of a service, which wait for the response or return a future, as Java code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.sdk.java.operations import (
    CALL_OPTIONS,
    Argument,
    JavaOperation,
    listed,
)
from waybill_toolkit.contracts.sdk.java.spelling import javadoc

_TIMEOUT: Final = Argument("timeout", "Duration", "Following.PATIENCE")
_NEXT: Final = "cursor == null ? options : options.withCursor(cursor)"


@dataclass(frozen=True, slots=True)
class Method:
    doc: str
    type: str
    name: str
    parameters: str
    code: str

    @property
    def sources(self) -> str:
        """All code, to determine the imports."""
        return f"{self.type} {self.parameters} {self.code}"


@dataclass(frozen=True, slots=True)
class JavaMethods:
    """The methods of one operation."""

    operation: JavaOperation
    is_async: bool

    def all(self) -> Iterator[Method]:
        each = self.operation
        send = f"requests.{each.name}({each.passed}).{'valueAsync' if self.is_async else 'value'}()"
        code = f"return {send};" if each.type != "void" or self.is_async else f"{send};"
        if each.item:
            listing = f"{'AsyncItems' if self.is_async else 'Items'}<{each.item}>"
            yield from _overloads(each.doc, listing, each.name, each.arguments, self._items())
            text = f"Fetches one page of {{@link #{each.name}}}; nextCursor selects the next one."
            doc = f"    /** {text} */\n"
            name = f"{each.name}Page"
            yield from _overloads(doc, self._result(), name, each.arguments, code)
        else:
            yield from _overloads(each.doc, self._result(), each.name, each.arguments, code)
        if each.follow:
            follow = f"requests.{each.follow.name}({each.passed})"
            waiting = f"return {follow}.{'followAsync' if self.is_async else 'follow'}(timeout);"
            arguments = [*each.given, _TIMEOUT, CALL_OPTIONS]
            doc, name = each.follow.doc, each.follow.name
            yield from _overloads(doc, self._result(), name, arguments, waiting)

    def _result(self) -> str:
        each = self.operation
        return f"CompletableFuture<{each.boxed_type}>" if self.is_async else each.type

    def _items(self) -> str:
        each = self.operation
        passed = ", ".join(_NEXT if one.name == "options" else one.name for one in each.arguments)
        fetch = f"{each.name}Page({passed})"
        page = f"new Items.Page<>(page{each.body}.items(), page{each.body}.nextCursor())"
        indent = "\n" + " " * 16
        if self.is_async:
            mapped = f"Futures.map({indent}        {fetch},{indent}        page -> {page})"
            return f"return new AsyncItems<>({indent}cursor -> {mapped});"
        return (
            f"return new Items<>({indent}cursor -> {{{indent}    {each.type} page ="
            f"{indent}            {fetch};{indent}    return {page};{indent}}});"
        )


def _overloads(
    doc: str, kind: str, name: str, arguments: Sequence[Argument], code: str
) -> Iterator[Method]:
    """Yield the method with all arguments, after those that omit the last ones."""
    shortest = sum(each.default is None for each in arguments)
    for count in range(shortest, len(arguments) + 1):
        given, left_out = list(arguments[:count]), arguments[count:]
        passed = [each.name for each in given] + [str(each.default) for each in left_out[:1]]
        yield Method(
            doc if count == shortest else _same(given[-1]),
            kind,
            name,
            listed(given),
            f"{'return ' if kind != 'void' else ''}{name}({', '.join(passed)});"
            if left_out
            else code,
        )


def _same(last: Argument) -> str:
    what = {"callOptions": "options of the call", "timeout": "a timeout"}
    return javadoc(f"The same with {what.get(last.name, last.name)}.", 4)
