"""The shared files that list every service, and the lines that a new service adds.

mypy and import-linter do not support patterns here, so pyproject.toml lists the packages; a test
compares the list with the folders. The registry of problems and the table of scopes are reviewed by
hand, so the command prints the lines that it adds to them.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from waybill_toolkit.new.names import Names

PYPROJECT: Final = Path("pyproject.toml")
PROBLEMS: Final = Path("contracts/shared/problems.yaml")
SCOPES: Final = Path("tests/contract/scopes.yaml")

_SIBLINGS: Final = re.compile(r'"(?P<names>\w+(?: \| \w+)+)"')


class ListingError(Exception):
    """A list cannot be extended; the text says which one and what to do."""


def listed(root: Path, names: Names) -> dict[Path, str]:
    """Return the new texts of these files, by path in the tree. Raises ListingError."""
    edits: Mapping[Path, Callable[[str, Names], str]] = {
        PYPROJECT: _in_pyproject,
        PROBLEMS: lambda text, names: _ended(text) + problem_line(names),
        SCOPES: lambda text, names: _ended(text) + "\n" + scope_lines(names),
    }
    for path, pattern in {
        PYPROJECT: rf'"services/{names.service}/src"',
        SCOPES: rf"(?m)^{names.service}:",
    }.items():
        if re.search(pattern, (root / path).read_text(encoding="utf-8")):
            raise ListingError(f"{path} names {names.service} already: remove those lines.")
    return {
        path: edit((root / path).read_text(encoding="utf-8"), names) for path, edit in edits.items()
    }


def problem_line(names: Names) -> str:
    word = names.variables()["word"]
    return f"{names.problem}: {{status: 404, title: There is no such {word}, raised_by: handler}}\n"


def scope_lines(names: Names) -> str:
    path, service = f"/v1/{names.path}", names.service
    return (
        f"{service}:\n"
        f"  POST {path}: ['{service}:write']\n"
        f"  GET {path}: ['{service}:read']\n"
        f"  GET {path}/{{{names.entity}_id}}: ['{service}:read']\n"
    )


def _in_pyproject(text: str, names: Names) -> str:
    text = _with_item(text, "mypy_path", f"services/{names.service}/src")
    text = _with_item(text, "root_packages", names.service)
    return _with_sibling(text, names.service)


def _with_item(text: str, key: str, item: str) -> str:
    """Add an item to a sorted array with one item on each line."""
    array = re.search(rf'(?m)^{key} = \[\n(?P<items>(?:    "[^"]+",\n)+)\]', text)
    if array is None:
        raise ListingError(f"{PYPROJECT} has no {key} with a line for each item: restore it.")
    lines = sorted({*array["items"].splitlines(keepends=True), f'    "{item}",\n'})
    return text[: array.start("items")] + "".join(lines) + text[array.end("items") :]


def _with_sibling(text: str, package: str) -> str:
    """Add the package to the layer of independent packages."""
    layer = _SIBLINGS.search(text)
    if layer is None:
        raise ListingError(f'{PYPROJECT} has no layer "one | another | …": restore it.')
    siblings = " | ".join(sorted({*layer["names"].split(" | "), package}))
    return text[: layer.start("names")] + siblings + text[layer.end("names") :]


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
