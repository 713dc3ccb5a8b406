"""The table of metrics in docs/telemetry.md, from the declarations in the code."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from waybill.metrics import DECLARED, Declaration

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "telemetry.md"
BEGIN: Final = "<!-- Written by `make metrics-table` from the declarations in the code. -->"
END: Final = "<!-- The end of the written part. -->"

_TITLES: Final = {
    "http": "Requests",
    "sending": "Outbox and relay",
    "receiving": "Consumer, event handlers, dead letters",
    "saga": "Sagas",
    "postgres": "Database",
    "calls": "Calls of other services",
    "process": "Processes",
    "conformance": "Checks of the contract",
    "security_log": "Security log",
}


def modules() -> Iterator[tuple[str, str]]:
    """Yield the title and the name of each module that declares metrics."""
    wings = {path.parent.name for path in (ROOT / "libs/common/src/waybill").glob("*/metrics.py")}
    for wing in sorted(wings, key=[*_TITLES].index):
        yield _TITLES[wing], f"waybill.{wing}.metrics"
    for path in sorted((ROOT / "services").glob("*/src/*/metrics.py")):
        yield f"The service {path.parent.name}", f"{path.parent.name}.metrics"


def declared() -> dict[str, list[Declaration]]:
    """Return the declarations of each module, by its title."""
    found: dict[str, list[Declaration]] = {}
    for title, name in modules():
        values = vars(importlib.import_module(name)).values()
        names = {_name_of(value) for value in values} & DECLARED.keys()
        found[title] = [each for name, each in DECLARED.items() if name in names]
    return found


def _name_of(value: object) -> str:
    """Return the declared name of a metric; "" for anything else."""
    declaration = getattr(value, "declaration", None)
    if isinstance(declaration, Declaration):
        return declaration.name
    kind, name = getattr(value, "_type", None), str(getattr(value, "_name", ""))
    return f"{name}_total" if kind == "counter" else name


def table(groups: dict[str, list[Declaration]]) -> str:
    """Return the tables of all groups."""
    parts = [BEGIN]
    for title, declarations in groups.items():
        parts.append(f"### {title}\n\n" + "\n".join(_rows(declarations)))
    return "\n\n".join([*parts, END])


def _rows(declarations: Iterable[Declaration]) -> Iterator[str]:
    yield "| Name | Type | Labels | Unit | Meaning |"
    yield "|---|---|---|---|---|"
    for each in declarations:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        yield f"| `{each.name}` | {each.kind} | {labels} | {each.unit} | {each.text} |"


def written(page: str) -> str:
    """Return the generated part of the page. Raises ValueError when it has none."""
    begin, end = page.index(BEGIN), page.index(END)
    return page[begin : end + len(END)]
