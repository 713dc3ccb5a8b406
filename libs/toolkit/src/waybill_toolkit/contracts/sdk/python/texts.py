"""Formats texts of the contract as Python source."""

import json
import textwrap
from collections.abc import Iterable
from typing import Final

from waybill_toolkit.contracts.sdk.contract import Operation

_WIDTH: Final = 94


def literal(text: str) -> str:
    """Return a string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def docstring(paragraphs: str | Iterable[str], indent: int = 4) -> str:
    """Return a docstring with quotes, indented by `indent`."""
    given = [paragraphs] if isinstance(paragraphs, str) else paragraphs
    wrapped = [
        textwrap.fill(" ".join(each.split()).rstrip(".") + ".", _WIDTH - indent)
        for each in given
        if each.strip()
    ]
    text = "\n\n".join(wrapped).replace("\\", "\\\\").replace('"""', "'''")
    lines = textwrap.indent(text, " " * indent).lstrip()
    return f'"""{lines}\n{" " * indent}"""' if "\n" in lines else f'"""{lines}"""'


def paragraphs(operation: Operation) -> list[str]:
    """Return the summary and description of an operation."""
    return [operation.summary or operation.id.replace("_", " "), operation.description]
