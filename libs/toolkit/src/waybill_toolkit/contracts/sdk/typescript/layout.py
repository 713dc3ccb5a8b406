"""Lays out arguments, objects and lists: on one line where they fit."""

from collections.abc import Sequence

from waybill_toolkit.contracts.sdk.typescript.comments import LINE


def arguments_of(name: str, arguments: Sequence[str], result: str) -> str:
    """Format arguments on one line, or one on each line when that would be too long."""
    line = ", ".join(arguments)
    if len(f"  {name}({line}): {result} {{") <= LINE:
        return line
    return "".join(f"\n    {each}," for each in arguments) + "\n  "


def object_of(fields: dict[str, str], indent: int) -> str:
    """Format an object on one line where it fits, otherwise with one field on each line."""
    if not fields:
        return "{}"
    written = [name if name == value else f"{name}: {value}" for name, value in fields.items()]
    line = f"{{ {', '.join(written)} }}"
    if len(line) + indent < LINE:
        return line
    inner = "".join(f"{' ' * (indent + 2)}{each},\n" for each in written)
    return f"{{\n{inner}{' ' * indent}}}"


def list_of(items: Sequence[str]) -> str:
    """Format a list on one line; nothing when it is empty."""
    return f"[{', '.join(items)}]" if items else ""


def lines_of(items: Sequence[str]) -> str:
    """Format a list with one item on each line; a single item stays on one line."""
    if len(items) < 2:
        return list_of(items)
    return "[" + "".join(f"\n        {each}," for each in items) + "\n      ]"
