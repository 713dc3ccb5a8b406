"""Places in contracts, and how to get from one to another, over the borders of files.

A `Node` is a place in a document: its value, and how to get from there to the places below it or to
what a `$ref` names. Everything that reads a contract goes from node to node, so that each fault can
say its file and line.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.generate.reading import Document, Pointer, read_document

__all__ = ["Document", "Library", "Node", "Pointer"]


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document."""

    library: "Library"
    document: Document
    pointer: Pointer
    value: Any

    @property
    def name(self) -> str:
        """The last part of the way here."""
        return self.pointer[-1] if self.pointer else self.document.path.name

    @property
    def place(self) -> tuple[Path, Pointer]:
        """What tells this place from all others."""
        return self.document.path, self.pointer

    def fault(self, message: str, rule: str = "contract") -> Fault:
        """Describe what is wrong here."""
        return Fault(self.document.path, self.document.lines[self.pointer], message, rule)

    def error(self, message: str, rule: str = "contract") -> ContractError:
        """Describe what is so wrong here that nothing below can be read."""
        return ContractError([self.fault(message, rule)])

    def get(self, key: str) -> "Node | None":
        """Go down one step; what is found there may be a reference, which is followed."""
        if not isinstance(self.value, dict) or key not in self.value:
            return None
        return self.child(key).target()

    def need(self, key: str) -> "Node":
        """Go down one step that must be there. Raises ContractError."""
        found = self.get(key)
        if found is None:
            raise self.error(f"{key} is missing; add it.")
        return found

    def child(self, key: str) -> "Node":
        """Go down one step, and stay there also if that is a reference."""
        value = self.value[int(key)] if isinstance(self.value, list) else self.value[key]
        return Node(self.library, self.document, (*self.pointer, key), value)

    def nearest(self, keys: Iterable[str]) -> "Node":
        """Go down as far as there is something, and follow references on the way."""
        node = self
        for key in keys:
            found = node.target()
            if not _has(found.value, key):
                return node
            node = found.child(key)
        return node

    def children(self) -> Iterator["Node"]:
        """Go to each place one step down, without following references."""
        if isinstance(self.value, dict):
            yield from map(self.child, self.value)
        elif isinstance(self.value, list):
            yield from (self.child(str(index)) for index in range(len(self.value)))

    @property
    def reference(self) -> str | None:
        """The `$ref` that stands here."""
        if isinstance(self.value, dict) and isinstance(self.value.get("$ref"), str):
            return cast("str", self.value["$ref"])
        return None

    def target(self) -> "Node":
        """Follow references until a value stands there. Raises ContractError for a broken one."""
        node = self
        for _ in range(20):
            if node.reference is None:
                return node
            node = node.step()
        raise self.error("$ref leads in a circle; end it at a value.", "reference")

    def step(self) -> "Node":
        """Follow one reference."""
        reference = self.reference or ""
        file, _, fragment = reference.partition("#")
        document = self.document
        if file:
            here = self.document.path.parent
            path = self.library.found.get((here, file)) or self._file(reference, file)
            self.library.found[here, file] = path
            document = self.library.read(path)
        node = Node(self.library, document, (), document.value)
        for part in filter(None, fragment.split("/")):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node.value, dict) or key not in node.value:
                raise self.error(
                    f"$ref {reference}: there is no {key!r} there; correct the name or add it.",
                    "reference",
                )
            node = node.child(key)
        return node

    def _file(self, reference: str, file: str) -> Path:
        """Find the file of a reference."""
        try:
            path = Path(os.path.realpath(self.document.path.parent / file))
            there = path.is_file()
        except (OSError, ValueError) as error:  # too long, or with a NUL
            message = f"$ref {reference}: this names no file: {error}; correct the path."
            raise self.error(message, "reference") from None
        if not self.library.holds(path):
            message = f"$ref {reference} leads out of contracts/; move what it means into it."
            raise self.error(message, "reference")
        if not there:
            message = f"$ref {reference}: there is no such file; correct the path or write it."
            raise self.error(message, "reference")
        return path


def _has(value: object, key: str) -> bool:
    if isinstance(value, list):
        return key.isdigit() and int(key) < len(value)
    return isinstance(value, dict) and key in value


@dataclass(slots=True)
class Library:
    """All documents read so far."""

    documents: dict[Path, Document] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)
    """Those that hold a contract of a service each, and all that documents may refer to."""

    found: dict[tuple[Path, str], Path] = field(default_factory=dict)
    """The files of references, by where they stand: looking for one takes longer than the rest."""

    def open(self, path: Path) -> Node:
        """Go to the top of a document, `contracts/<service>/<file>`.

        Raises ContractError when it is no YAML mapping.
        """
        path = path.parent.resolve() / path.name  # a fault names the link, not what it leads to
        self.folders.add(path.parent.parent)
        document = self.read(path)
        return Node(self, document, (), document.value)

    def read(self, path: Path) -> Document:
        """Read a document once."""
        if path not in self.documents:
            self.documents[path] = read_document(path)
        return self.documents[path]

    def holds(self, path: Path) -> bool:
        """Tell whether a file is in a folder of contracts that was opened."""
        return any(path.is_relative_to(folder) for folder in self.folders)
