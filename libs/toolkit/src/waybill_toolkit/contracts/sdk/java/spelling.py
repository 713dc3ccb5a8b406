"""Names, types and comments in Java."""

import html
from collections.abc import Iterable, Sequence
from typing import Final

from waybill_toolkit.contracts.sdk.rendering import words, wrapped
from waybill_toolkit.contracts.sdk.shapes import (
    Anything,
    Field,
    ListOf,
    MapOf,
    Named,
    Nullable,
    Scalar,
    Shape,
)

_SCALARS: Final = {
    "string": "String",
    "uuid": "UUID",
    "date": "LocalDate",
    "date-time": "Instant",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
}
_BOXED: Final = {"long": "Long", "double": "Double", "boolean": "Boolean"}
_IMPORTS: Final = {
    "UUID": "java.util.UUID",
    "LocalDate": "java.time.LocalDate",
    "Instant": "java.time.Instant",
    "List": "java.util.List",
    "Map": "java.util.Map",
    "Objects": "java.util.Objects",
    "Set": "java.util.Set",
    "Duration": "java.time.Duration",
    "CompletableFuture": "java.util.concurrent.CompletableFuture",
    **{name: f"waybill.internal.{name}" for name in ("Call", "Codec", "Futures", "Transport")},
}
KEYWORDS: Final = frozenset(
    words(
        "abstract assert boolean break byte case catch char class const continue default do"
        " double else enum extends false final finally float for goto if implements import"
        " instanceof int interface long native new null package private protected public"
        " return short static strictfp super switch synchronized this throw throws transient"
        " true try void volatile while"
        # Methods of Object, which cannot be components of a record.
        " clone finalize getClass hashCode notify notifyAll toString wait"
        # A component of the generated records.
        " additionalProperties"
    )
)
_LOCALS: Final = frozenset(
    words(
        "answer body call callOptions cursor found isRefused last options page reply requests"
        " timeout transport"
    )
)
"""Variable names in generated methods."""
_TYPES: Final = frozenset(
    words(
        "Answer AsyncItems Boolean Call CallEvent CallOptions Class Codec CompletableFuture Double"
        " Duration Enum Exception Exchange Extra Fault Following Futures HttpAnswer HttpCall"
        " HttpTransport IllegalArgumentException Instant Integer Items Iterable List LocalDate Long"
        " Map Math NoAnswerException NotFinalException Number Object Objects OneOf OpenEnum"
        " Override Problem ProblemException Record Reply Request Retries Runnable Set String System"
        " Thread Transport UUID UnreadableAnswerException Void WaybillAsyncClient WaybillClient"
        " WaybillClientBuilder WaybillException WaybillRequests Wire"
    )
)
"""Names in the sources; a schema with such a name becomes `ProblemModel`."""


def pascal(name: str) -> str:
    """`order_id` as OrderId."""
    found = "".join(each[:1].upper() + each[1:] for each in words(name))
    return found if found[:1].isalpha() else f"X{found}"


def camel(name: str) -> str:
    """`order_id` as orderId."""
    found = pascal(name)
    found = found[:1].lower() + found[1:]
    return f"{found}_" if found in KEYWORDS else found


def argument(name: str) -> str:
    """Return the name of an argument."""
    found = camel(name)
    return f"{found}_" if found in _LOCALS else found


def constant(value: str) -> str:
    """`out-of-stock` as OUT_OF_STOCK."""
    found = "_".join(words(value)).upper() or "EMPTY"
    return found if found[:1].isalpha() and found != "KNOWN" else f"X_{found}"


def model(name: str) -> str:
    """Return the class of a schema."""
    return f"{name}Model" if name in _TYPES else name


def type_of(shape: Shape) -> str:
    """Return the type of a required value."""
    match shape:
        case Scalar(kind):
            return _SCALARS[kind]
        case ListOf(item):
            return f"List<{boxed(item)}>"
        case MapOf(value):
            return f"Map<String, {boxed(value)}>"
        case Named(name):
            return model(name)
        case Nullable(inner):
            return boxed(inner)
        case Anything():
            return "Object"


def boxed(shape: Shape) -> str:
    """Return the type of a nullable value."""
    written = type_of(shape)
    return _BOXED.get(written, written)


def token_of(shape: Shape) -> str:
    """Return the type as an expression, for deserialization."""
    match shape:
        case ListOf(item):
            return f"Codec.listOf({token_of(item)})"
        case MapOf(value):
            return f"Codec.mapOf({token_of(value)})"
        case _:
            return f"{boxed(shape)}.class"


def member_type(field: Field) -> str:
    """Return the type of a component of a record."""
    return type_of(field.shape) if field.is_required else boxed(field.shape)


def component(name: str, kind: str) -> str:
    """Return a component of a record, annotated with its JSON name where that differs."""
    written = camel(name)
    return f"{kind} {written}" if written == name else f"@Wire({quoted(name)}) {kind} {written}"


def imports(*texts: str) -> list[str]:
    """Return the imports for the types in these texts."""
    found = set(words(" ".join(texts)))
    return sorted(path for name, path in _IMPORTS.items() if name in found)


def laid_out(parts: Iterable[str], indent: int, room: int) -> str:
    """Format parts on one line if they fit, otherwise one on each line."""
    parts = list(parts)
    line = ", ".join(parts)
    if len(line) <= room:
        return line
    space = "\n" + " " * indent
    return space + f",{space}".join(parts)


def quoted(text: str) -> str:
    """Return a string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escaped(text: str) -> str:
    """Escape text for a Javadoc comment."""
    plain = html.escape(" ".join(text.split()), quote=False)
    return plain.replace("@", "&#64;").replace("*/", "*&#47;").replace("\\", "&#92;")


def javadoc(text: str, indent: int = 0, tags: Sequence[str] = ()) -> str:
    """Return a comment with a newline; empty when there is no text."""
    if not text and not tags:
        return ""
    paragraphs = [escaped(each) for each in text.split("\n\n") if each.strip()]
    body = "\n\n".join([*paragraphs[:1], *(f"<p>{each}" for each in paragraphs[1:])])
    lines = wrapped(body, indent, " * ")
    if tags:
        lines += ["", *(line for tag in tags for line in _tag(tag, indent))]
    space = " " * indent
    if len(lines) == 1:
        return f"{space}/** {lines[0]} */\n"
    return "\n".join(
        [f"{space}/**", *(f"{space} * {line}".rstrip() for line in lines), f"{space} */\n"]
    )


def _tag(tag: str, indent: int) -> list[str]:
    first, *others = wrapped(tag, indent + 4, " * ")
    return [first, *(f"    {line}" for line in others)]
