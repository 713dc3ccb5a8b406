"""Renders templates, and formats comments and names for languages with braces."""

import re
import textwrap
from collections.abc import Callable, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import jinja2

from waybill_toolkit.contracts.sdk.contract import UnsupportedContractError

_COMMENT_WIDTH: Final = 96


class Package:
    """The files of one language: those of `runtime/` are copied, those of `templates/` rendered."""

    def __init__(
        self,
        module: str,
        out: Path,
        filters: Mapping[str, Callable[..., Any]],
        edit: Callable[[str, str], tuple[str, str]] = lambda path, text: (path, text),
    ) -> None:
        """Write into the folder `out`. `edit` can change the path and the text of each file."""
        self._edit = edit
        self._files = files(module)
        self._out = out
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader(module),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 (source code, not HTML)
        )
        self._environment.filters |= filters
        self._texts: dict[str, str] = {}
        self._taken: set[str] = set()  # in lower case, for case-insensitive file systems

    def copy_runtime(self, folder: str = "") -> None:
        """Copy the files that are the same for every contract."""
        with as_file(self._files.joinpath("runtime")) as runtime:
            for source in sorted(path for path in runtime.rglob("*") if path.is_file()):
                path = f"{folder}{source.relative_to(runtime).as_posix()}"
                self._put(path, source.read_text(encoding="utf-8"))

    def render(self, template: str, path: str, **values: object) -> None:
        """Write one file from a template."""
        self._put(path, self._environment.get_template(f"{template}.jinja").render(**values))

    @property
    def texts(self) -> Mapping[str, str]:
        """What was written so far, by path."""
        return self._texts

    def _put(self, path: str, text: str) -> None:
        path, text = self._edit(path, text)
        if path.lower() in self._taken:
            raise UnsupportedContractError(f"two files would have the path {path}; rename one.")
        self._taken.add(path.lower())
        self._texts[path] = text
        target = self._out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def words(name: str) -> list[str]:
    """Split a name of a contract: `order_id`, `unknown-sku`, `If-Match`, `In transit`."""
    return [each for each in re.split(r"[^A-Za-z0-9]+", name) if each]


def wrapped(text: str, indent: int, mark: str) -> list[str]:
    """Break text into comment lines, with an empty line between paragraphs."""
    width = _COMMENT_WIDTH - indent - len(mark)
    lines: list[str] = []
    for paragraph in filter(None, (" ".join(each.split()) for each in text.split("\n\n"))):
        lines += ["", *textwrap.wrap(paragraph, width, break_on_hyphens=False)]
    return lines[1:]
