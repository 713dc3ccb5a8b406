"""Reads contracts as YAML that remembers its lines, and follows references between files.

A `Node` is a place in a document: its value, and how to get from there to the places below it or to
what a `$ref` names. Everything that reads a contract goes from node to node, so that each fault can
say its file and line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import yaml

from waybill_toolkit.generate.faults import ContractError, Fault

Pointer: TypeAlias = tuple[str, ...]

_Loader: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file. `lines` tells where in the file each value begins."""

    path: Path
    value: Any
    lines: dict[Pointer, int]


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
            path = (self.document.path.parent / file).resolve()
            if not path.is_file():
                message = f"$ref {reference}: there is no such file; correct the path or write it."
                raise self.error(message, "reference")
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


def _has(value: object, key: str) -> bool:
    if isinstance(value, list):
        return key.isdigit() and int(key) < len(value)
    return isinstance(value, dict) and key in value


@dataclass(slots=True)
class Library:
    """All documents read so far."""

    documents: dict[Path, Document] = field(default_factory=dict)

    def open(self, path: Path) -> Node:
        """Go to the top of a document. Raises ContractError when it is no YAML mapping."""
        document = self.read(path.resolve())
        return Node(self, document, (), document.value)

    def read(self, path: Path) -> Document:
        """Read a document once."""
        if path not in self.documents:
            if not path.is_file():
                raise ContractError([Fault(path, 1, "there is no such file; write it.")])
            self.documents[path] = _parse(path)
        return self.documents[path]


def _parse(path: Path) -> Document:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        line = min(line, text.rstrip().count("\n") + 1)  # an end that is missing is after the end
        message = f"this is no YAML: {error.problem}; put it right here or just above."
        raise ContractError([Fault(path, line, message, "syntax")]) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"this is no YAML: {error}; write it as UTF-8."
        raise ContractError([Fault(path, 1, message, "syntax")]) from None
    if not isinstance(root, yaml.MappingNode):
        message = "a document is a mapping; this is none."
        raise ContractError([Fault(path, 1, message, "syntax")])
    lines: dict[Pointer, int] = {}
    try:
        return Document(path, _construct(path, root, (), lines), lines)
    except RecursionError:
        message = "an alias (*name) is within what it stands for; write it out."
        raise ContractError([Fault(path, 1, message, "syntax")]) from None


def _construct(path: Path, node: yaml.Node, pointer: Pointer, lines: dict[Pointer, int]) -> object:
    """Make JSON of YAML: keys are strings; plain scalars too, but for JSON's words and numbers."""
    lines.setdefault(pointer, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                message = "a key is a word; this is none."
                raise ContractError([Fault(path, key.start_mark.line + 1, message, "syntax")])
            if key.value in mapping:
                message = f"{key.value!r} stands here twice; remove one."
                raise ContractError([Fault(path, key.start_mark.line + 1, message, "syntax")])
            below = (*pointer, key.value)
            lines[below] = key.start_mark.line + 1
            mapping[key.value] = _construct(path, value, below, lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(path, item, (*pointer, str(index)), lines)
            for index, item in enumerate(node.value)
        ]
    return _scalar(node)


def _scalar(node: yaml.Node) -> object:
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and node.style:  # quoted or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
