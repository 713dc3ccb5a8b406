"""Translates links of the repository to links of the site."""

import posixpath
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SOURCES: Final = "source"
"""The folder of pages that show a file of the repository."""
_PICTURES: Final = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(slots=True)
class Targets:
    """Rewrites links between files to links between pages.

    A link to a Markdown file leads to its page, a link to any other file of the repository to a
    page that shows it; `shown` collects these. Other links are not changed; the check
    of all links finds broken ones.
    """

    root: Path
    pages: Mapping[str, str]
    """By file or folder of the repository."""
    shown: set[str] = field(default_factory=set)

    def link(self, target: str, file: str, page: str) -> str:
        """Rewrite a link of `file` for `page`."""
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            return target
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(file), parts.path))
        found = self.pages.get(wanted) or self._show(wanted)
        if found is None:
            return target
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        here, _, there = found.partition("#")
        return relative(here, page) + (f"#{there}" if there else fragment)

    def picture(self, target: str, file: str) -> str:
        """Put a picture of the repository into the page of `file`, which needs no other file.

        Other addresses are not changed.
        """
        path = self.root / posixpath.dirname(file) / target
        if path.suffix not in _PICTURES or not path.is_file():
            return target
        return f"data:{_PICTURES[path.suffix]};base64,{b64encode(path.read_bytes()).decode()}"

    def _show(self, wanted: str) -> str | None:
        if wanted.startswith("..") or not (self.root / wanted).is_file():
            return None
        self.shown.add(wanted)
        return f"{SOURCES}/{wanted}.html"


def relative(target: str, page: str) -> str:
    """Make the way from one page to another."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
