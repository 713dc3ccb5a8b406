"""Names, types and comments in Go."""

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
    "string": "string",
    "uuid": "string",
    "date": "string",
    "date-time": "time.Time",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
}
_INITIALISMS: Final = {"api": "API", "http": "HTTP", "id": "ID", "uri": "URI", "url": "URL"}
_TAKEN: Final = frozenset(
    words(
        "break case chan const continue default defer else fallthrough for func go goto if import"
        " interface map package range return select struct switch type var"
        # Functions and variables in generated methods.
        " answer answered append body bool call ctx err error false found header http iter nil"
        " options page parameters pages query s status string time true url"
    )
)
_METHODS: Final = frozenset(words("Error Extra MarshalJSON Slug UnmarshalJSON Unwrap"))
"""Names that every model or every problem has."""
RUNTIME: Final = frozenset(
    words(
        "AccessToken CachedTokens CallError CallOption Client ClientCredentials DefaultRetries"
        " Event Fault NewClient NoAnswerError NotFinalError Option Problem Ptr Response Retries"
        " Setting TokenError TokenSource UnreadableAnswerError Version WithClientCredentials"
        " WithHTTPClient WithHeader WithIdempotencyKey WithLogger WithResponse WithRetries"
        " WithTimeout WithToken WithTokenSource WithUserAgent"
    )
)
"""Names in the runtime; a schema with such a name becomes `ProblemModel`."""


def exported(name: str) -> str:
    """`order_id` as OrderID."""
    found = "".join(
        _INITIALISMS.get(each.lower(), each[:1].upper() + each[1:]) for each in words(name)
    )
    return found if found[:1].isalpha() else f"X{found}"


def field_name(name: str) -> str:
    """Return the name of a struct field."""
    found = exported(name)
    return f"{found}_" if found in _METHODS else found


def local(name: str) -> str:
    """`order_id` as orderID."""
    first, *others = words(name)
    found = first.lower() + "".join(exported(each) for each in others)
    return f"{found}_" if found in _TAKEN else found


def model(name: str) -> str:
    """Return the type of a schema."""
    return f"{name}Model" if name in RUNTIME else name


def constant(enumeration: str, value: str) -> str:
    """Return the name of an enumeration value."""
    return model(enumeration) + ("".join(exported(each) for each in words(value)) or "Empty")


def type_of(shape: Shape) -> str:
    """Return the type of a required value."""
    match shape:
        case Scalar(kind):
            return _SCALARS[kind]
        case ListOf(item):
            return f"[]{type_of(item)}"
        case MapOf(value):
            return f"map[string]{type_of(value)}"
        case Named(name):
            return model(name)
        case Nullable(inner):
            return optional(inner)
        case Anything():
            return "any"


def optional(shape: Shape) -> str:
    """Return the type of an optional value. Lists and maps can be nil without a pointer."""
    written = type_of(shape)
    return written if written.startswith(("[]", "map[", "*")) or written == "any" else f"*{written}"


def comment(text: str, indent: int = 0) -> str:
    """Return comment lines, each with a newline."""
    lines = wrapped(text, indent * 4, "// ")
    return "".join("\t" * indent + f"// {line}".rstrip() + "\n" for line in lines)


def quoted(text: str) -> str:
    """Return a string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def member(field: Field) -> tuple[str, str, str, str]:
    """Return a field of a struct as a row for `block`."""
    is_sure = field.is_required
    written = type_of(field.shape) if is_sure else optional(field.shape)
    tag = field.name if is_sure else f"{field.name},omitzero"
    return field.text, field_name(field.name), written, f'`json:"{tag}"`'


def block(rows: Iterable[Sequence[str]]) -> str:
    """Format the lines of a struct or of constants as gofmt does; a row starts with its comment.

    gofmt aligns adjacent lines, and a comment ends the alignment.
    """
    groups: list[list[Sequence[str]]] = []
    for row in rows:
        if row[0] or not groups:
            groups.append([])
        groups[-1].append(row)
    return "".join(
        comment(group[0][0], 1) + _columns([row[1:] for row in group]) for group in groups
    )


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
    return "".join(f"\t{line.rstrip()}\n" for line in lines)
