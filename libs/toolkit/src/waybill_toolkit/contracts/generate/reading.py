"""Reads YAML as the JSON that it stands for, and remembers the line of each value.

What other readers of the same file could take for something else is refused: tags, merge keys,
keys that stand twice, numbers that no double holds. So is what would take for ever to read.
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
"""A hundred times the largest contract here, and still read in seconds."""

VALUES_MAX: Final = 200_000
"""As many values as a document of that size has; aliases can make billions out of a few lines."""

DEPTH_MAX: Final = 100
"""Several times the depth of any contract; what reads them goes down by recursion."""

DIGITS_MAX: Final = 30
"""More than any number that is exact in JSON has."""

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


def read_document(path: Path) -> Document:
    """Read a file. Raises ContractError when it is no YAML mapping, or none that is read here."""
    text = _text(path)
    try:
        _check_events(path, text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        line = min(line, text.rstrip().count("\n") + 1)  # an end that is missing is after the end
        message = f"this is no YAML: {error.problem}; put it right here or just above."
        raise _error(path, line, message) from None
    except yaml.YAMLError as error:  # a character that no YAML has
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
    """Refuse tags and endless depth before anything is built: building goes down by recursion."""
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
    """Make JSON of YAML: keys are strings; plain scalars too, but for JSON's words and numbers."""
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
