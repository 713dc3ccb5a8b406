"""Checks examples, which clients copy and mocks return: each schema has valid ones.

Each field of a schema occurs in a valid example, so a new field needs one. A body or a payload also
has an invalid example.

An example is in the contract (`example:`) or next to it, in
`contracts/<service>/examples/<Schema>/{valid,invalid}-<what>.json`. A schema also has one when a
valid example of another schema shows it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.lint.holder import RULE, UNIONS, Holder, Place
from waybill_toolkit.contracts.lint.unshown import unshown_faults

KINDS: Final = ("valid", "invalid")


@dataclass(frozen=True, slots=True)
class Example:
    """A file of one example."""

    path: Path
    value: Any

    @property
    def valid(self) -> bool:
        return self.path.name.startswith("valid-")

    def fault(self, message: str) -> Fault:
        return Fault(self.path, 1, message, RULE)


def example_faults(holders: Sequence[Holder]) -> Iterator[Fault]:
    """Check all examples, and find schemas and fields without one."""
    shown: dict[Place, set[str]] = {}
    kinds: dict[Place, set[str]] = {}
    for holder in holders:
        for schema in holder.schemas:
            yield from _inline(holder, schema)
            parts = list(inline_shown(holder, schema))
            own = {"valid"} if parts else set()
            for example in examples(holder, schema.name):
                if isinstance(example, Fault):
                    yield example
                    continue
                yield from _judge(holder, schema.name, example)
                own.add("valid" if example.valid else "invalid")
                parts += parts_shown(holder, schema, example.value) if example.valid else ()
            kinds[schema.place] = own
            for place, value in parts:
                shown.setdefault(place, set()).update(value if isinstance(value, dict) else ())
    for holder in holders:
        yield from unshown_faults(holder, shown, kinds)
    yield from _strays(holders)


def _inline(holder: Holder, schema: Node) -> Iterator[Fault]:
    if "example" in schema.value:
        example = schema.child("example")
        for fault in holder.faults(schema.name, example.value):
            message = f"this is no {schema.name}: {fault}; correct it or the schema."
            yield example.fault(message, RULE)


def examples(holder: Holder, name: str) -> Iterator[Example | Fault]:
    """Read the files of a schema's examples, the valid ones first."""
    for kind in KINDS:
        for path in sorted((holder.folder / name).glob(f"{kind}-*.json")):
            try:
                yield Example(path, json.loads(path.read_bytes()))
            except ValueError as error:
                yield Fault(path, 1, f"this is no JSON: {error}; correct it.", RULE)


def _judge(holder: Holder, name: str, example: Example) -> Iterator[Fault]:
    faults = holder.faults(name, example.value)
    if faults and example.valid:
        message = f"this is no {name}: {faults[0]}; correct it or the schema."
        yield Fault(example.path, _line(example.path, faults[0]), message, RULE)
    if not faults and not example.valid:
        yield example.fault(f"this is a {name}, with nothing wrong; correct it or the schema.")


def _line(path: Path, fault: str) -> int:
    """Find the line of a JSON path ($.lines[0].quantity), or of the nearest above it."""
    keys = fault.partition(": ")[0].removeprefix("$").replace("[", ".").replace("]", "").split(".")
    try:
        root = Library().open(path)
    except ContractError:  # not an object: it has one line
        return 1
    node = root.nearest(filter(None, keys))
    return node.document.lines[node.pointer]


def _strays(holders: Sequence[Holder]) -> Iterator[Fault]:
    """Find example files of unknown schemas."""
    known = {holder.folder / schema.name for holder in holders for schema in holder.schemas}
    for folder in sorted({holder.folder for holder in holders}):
        for path in sorted(folder.glob("*/*")):
            if path.parent not in known:
                message = (
                    f"there is no schema {path.parent.name} here; rename or remove the folder."
                )
                yield Fault(path, 1, message, RULE)
            elif not path.name.startswith(tuple(f"{kind}-" for kind in KINDS)):
                message = "nothing checks this; call it valid-<what>.json or invalid-<what>.json."
                yield Fault(path, 1, message, RULE)


def inline_shown(holder: Holder, schema: Node) -> Iterator[tuple[Place, Any]]:
    """Return the schema of an example in the contract itself."""
    if "example" in schema.value:
        yield from parts_shown(holder, schema, schema.value["example"])


def parts_shown(
    holder: Holder,
    schema: Node,
    value: Any,  # noqa: ANN401 (JSON)
) -> Iterator[tuple[Place, Any]]:
    """Yield all schemas that a value exemplifies, each with its part of the value."""
    yield schema.place, value
    while schema.reference is not None:
        schema = schema.step()
        yield schema.place, value
    properties = schema.value.get("properties", {}) if isinstance(value, dict) else {}
    for name in properties.keys() & value if properties else ():
        yield from parts_shown(holder, schema.child("properties").child(name), value[name])
    for item in value if isinstance(value, list) and "items" in schema.value else ():
        yield from parts_shown(holder, schema.child("items"), item)
    for union in UNIONS:
        for branch in schema.child(union).children() if union in schema.value else ():
            if branch.reference is None or not holder.faults(branch.step().name, value):
                yield from parts_shown(holder, branch, value)
