"""Checks the links of a folder of pages: files and fragments must exist."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from typing_extensions import override

_LINKS: Final = ("href", "src", "poster", "data")
_LOADED: Final = ("src", "poster", "data")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page."""

    target: str
    is_loaded: bool
    """Whether the browser loads it automatically."""


@dataclass(slots=True)
class Page:
    """The links and the ids of a page."""

    links: list[Link] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def link_faults(folder: Path) -> list[str]:
    """Return every broken link, and every resource that would be loaded from another host."""
    pages = {path.resolve(): read_page(path) for path in sorted(folder.rglob("*.html"))}
    return [
        f"{path.relative_to(folder.resolve())}: {fault}"
        for path, page in pages.items()
        for link in page.links
        if (fault := _fault(path, link, pages, folder.resolve()))
    ]


def read_page(path: Path) -> Page:
    """Read the links and ids of a page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _fault(here: Path, link: Link, pages: dict[Path, Page], folder: Path) -> str | None:
    parts = urlsplit(link.target)
    if parts.scheme or parts.netloc:
        if parts.scheme == "data":
            return None
        return f"{link.target} is fetched from elsewhere" if link.is_loaded else None
    path = (here.parent / unquote(parts.path)).resolve() if parts.path else here
    if not path.is_relative_to(folder) or not path.is_file():
        return f"{link.target} leads nowhere"
    page = pages.get(path)
    if parts.fragment and page and unquote(parts.fragment) not in page.ids:
        return f"{link.target}: there is no #{parts.fragment} on that page"
    return None


class _Reader(HTMLParser):
    """Collects links and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.links += _links(tag, attrs)
        self.page.ids.update(value for name, value in attrs if name == "id" and value)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def _links(tag: str, attrs: list[tuple[str, str | None]]) -> Iterator[Link]:
    for name, value in attrs:
        if name in _LINKS and value is not None:
            yield Link(value, is_loaded=name in _LOADED or tag == "link")
