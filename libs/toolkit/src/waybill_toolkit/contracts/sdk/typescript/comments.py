"""Documentation comments."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from waybill_toolkit.contracts.sdk.typescript.names import literal

LINE: Final = 100
_LIMITS: Final = (
    *("format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minLength", "maxLength", "minItems", "maxItems", "default"),
)
"""Keywords of a schema that a type cannot express."""


def comment(paragraphs: Iterable[str], tags: Iterable[str] = ()) -> str:
    """Return a comment with paragraphs and tags; empty when both are empty."""
    blocks = [_wrapped(each) for each in paragraphs if each.strip()]
    if lines := [_safe(tag) for tag in tags]:
        blocks.append("\n".join(lines))
    text = "\n\n".join(blocks)
    if not text:
        return ""
    if "\n" not in text:
        return f"/** {text} */"
    body = "\n".join(f" * {line}".rstrip() for line in text.split("\n"))
    return f"/**\n{body}\n */"


def schema_comment(schema: Mapping[str, Any], description: str = "") -> str:
    """Return a comment with the description and the limits of a schema."""
    tags = [
        f"@{name} {value if isinstance(value, str) else literal(value)}"
        for name in _LIMITS
        if (value := schema.get(name)) is not None
    ]
    return comment([description or schema.get("description", "")], tags)


def alternatives(names: Sequence[str]) -> str:
    """Join names: `a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _wrapped(text: str) -> str:
    sentence = " ".join(_safe(text).split())
    return textwrap.fill(sentence, LINE - 8, break_long_words=False, break_on_hyphens=False)


def _safe(text: str) -> str:
    return text.replace("*/", "*\\/")
