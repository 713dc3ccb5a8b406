"""Nodes of contracts, and navigation between them across files.

A `Node` has a value, and finds its children and the target of a `$ref`. All readers of contracts
use nodes, so that each fault has a file and a line.
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
    """A node of a document."""

    library: "Library"
    document: Document
    pointer: Pointer
    value: Any

    @property
    def name(self) -> str:
        """The last key of the path."""
        return self.pointer[-1] if self.pointer else self.document.path.name

    @property
    def place(self) -> tuple[Path, Pointer]:
        """The identity of this node."""
        return self.document.path, self.pointer

    def fault(self, message: str, rule: str = "contract") -> Fault:
        """Return a fault at this node."""
        return Fault(self.document.path, self.document.lines[self.pointer], message, rule)

    def error(self, message: str, rule: str = "contract") -> ContractError:
        """Return an error at this node: nothing below it can be read."""
        return ContractError([self.fault(message, rule)])

    def get(self, key: str) -> "Node | None":
        """Return a child; a reference is followed. None when it is missing."""
        if not isinstance(self.value, dict) or key not in self.value:
            return None
        return self.child(key).target()

    def need(self, key: str) -> "Node":
        """Return a required child. Raises ContractError."""
        found = self.get(key)
        if found is None:
            raise self.error(f"{key} is missing; add it.")
        return found

    def child(self, key: str) -> "Node":
        """Return a child without following a reference."""
        value = self.value[int(key)] if isinstance(self.value, list) else self.value[key]
        return Node(self.library, self.document, (*self.pointer, key), value)

    def nearest(self, keys: Iterable[str]) -> "Node":
        """Descend as far as possible, and follow references."""
        node = self
        for key in keys:
            found = node.target()
            if not _has(found.value, key):
                return node
            node = found.child(key)
        return node

    def children(self) -> Iterator["Node"]:
        """Yield each child without following references."""
        if isinstance(self.value, dict):
            yield from map(self.child, self.value)
        elif isinstance(self.value, list):
            yield from (self.child(str(index)) for index in range(len(self.value)))

    @property
    def reference(self) -> str | None:
        """The `$ref` of this node."""
        if isinstance(self.value, dict) and isinstance(self.value.get("$ref"), str):
            return cast("str", self.value["$ref"])
        return None

    def target(self) -> "Node":
        """Follow references to a value. Raises ContractError for a broken one."""
        node = self
        for _ in range(20):
            if node.reference is None:
                return node
            node = node.step()
        raise self.error("$ref is circular; end it at a value.", "reference")

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
        """Return the file of a reference."""
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
    """The folders of the services' contracts; references may not leave them."""

    found: dict[tuple[Path, str], Path] = field(default_factory=dict)
    """A cache of the files of references: finding one is slow."""

    def open(self, path: Path) -> Node:
        """Return the root of a document, `contracts/<service>/<file>`.

        Raises ContractError when it is not a YAML mapping.
        """
        path = path.parent.resolve() / path.name  # a fault names the link, not its target
        self.folders.add(path.parent.parent)
        document = self.read(path)
        return Node(self, document, (), document.value)

    def read(self, path: Path) -> Document:
        """Read a document once."""
        if path not in self.documents:
            self.documents[path] = read_document(path)
        return self.documents[path]

    def holds(self, path: Path) -> bool:
        """Return whether a file is in an opened folder of contracts."""
        return any(path.is_relative_to(folder) for folder in self.folders)
