"""Reads YAML as JSON, and records the line of each value.

Constructs that parsers interpret differently are refused: tags, merge keys,
duplicate keys, numbers outside of the range of a double. So are documents that take too long.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import yaml

from waybill_toolkit.contracts.generate.faults import ContractError, Fault

Pointer: TypeAlias = tuple[str, ...]

BYTES_MAX: Final = 4 * 1024 * 1024
"""A hundred times the size of the largest contract; still read within seconds."""

VALUES_MAX: Final = 200_000
"""The number of values of a document of that size; aliases can create billions in a few lines."""

DEPTH_MAX: Final = 100
"""Several times the depth of any contract; the readers are recursive."""

DIGITS_MAX: Final = 30
"""More digits than any number that is exact in JSON."""

_Loader: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file. `lines` has the line on which each value begins."""

    path: Path
    value: Any
    lines: dict[Pointer, int]


def read_document(path: Path) -> Document:
    """Read a file. Raises ContractError when it is not a YAML mapping, or uses refused features."""
    text = _text(path)
    try:
        _check_events(path, text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        line = min(
            line, text.rstrip().count("\n") + 1
        )  # a missing end is reported after the last line
        message = f"this is no YAML: {error.problem}; put it right here or just above."
        raise _error(path, line, message) from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        reason = str(error).splitlines()[0]
        raise _error(path, line, f"this is no YAML: {reason}; remove it.") from None
    if not isinstance(root, yaml.MappingNode):
        raise _error(path, 1, "a document is a mapping; this is none.")
    lines: dict[Pointer, int] = {}
    return Document(path, _construct(path, root, (), lines), lines)


def _error(path: Path, line: int, message: str) -> ContractError:
    return ContractError([Fault(path, line, message, "syntax")])


def _text(path: Path) -> str:
    if not path.is_file():
        raise ContractError([Fault(path, 1, "there is no such file; write it.")])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _error(path, 1, f"this cannot be read: {error.strerror}; change that.") from None
    if len(content) > BYTES_MAX:
        raise _error(path, 1, f"this has {len(content)} bytes, more than {BYTES_MAX}; split it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(path, line, f"this is no YAML: {error}; write it as UTF-8.") from None


def _check_events(path: Path, text: str) -> None:
    """Refuse tags and deep nesting first: the construction of values is recursive."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise _error(path, line, f"this is nested deeper than {DEPTH_MAX}; make it flatter.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _error(path, line, f"the tag {tag} is not read here; write the value without.")


def _construct(path: Path, node: yaml.Node, pointer: Pointer, lines: dict[Pointer, int]) -> object:
    """Convert YAML to JSON: keys and plain scalars become strings, except literals and numbers."""
    line = node.start_mark.line + 1
    lines.setdefault(pointer, line)
    if len(pointer) > DEPTH_MAX:
        raise _error(path, line, "an alias (*name) is within what it stands for; write it out.")
    if len(lines) > VALUES_MAX:
        message = f"with its aliases (*name) this has more than {VALUES_MAX} values; split it."
        raise _error(path, line, message)
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, pointer, lines)
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(path, item, (*pointer, str(index)), lines)
            for index, item in enumerate(node.value)
        ]
    return _scalar(path, node)


def _mapping(
    path: Path, node: yaml.MappingNode, pointer: Pointer, lines: dict[Pointer, int]
) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _error(path, line, "a key is a word; this is none.")
        if key.value == "<<" and not key.style:
            raise _error(path, line, "merge keys (<<) are not read here; write it out.")
        if key.value in mapping:
            raise _error(path, line, f"{key.value!r} stands here twice; remove one.")
        below = (*pointer, key.value)
        lines[below] = line
        mapping[key.value] = _construct(path, value, below, lines)
    return mapping


def _scalar(path: Path, node: yaml.Node) -> object:
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and node.style:  # quoted or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _FLOAT.fullmatch(text):
        return text
    if len(text) > DIGITS_MAX or not math.isfinite(float(text)):
        message = "no reader holds this number exactly; write a smaller one, or quote it."
        raise _error(path, node.start_mark.line + 1, message)
    return int(text) if _INTEGER.fullmatch(text) else float(text)
