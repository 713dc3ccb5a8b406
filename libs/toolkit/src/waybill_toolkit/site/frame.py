"""Adds the top bar, the navigation and the table of contents to a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waybill_toolkit.contracts.reference.html import render_from
from waybill_toolkit.site.targets import relative


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the list of all pages. `inner` are shown only around that page."""

    text: str
    page: str
    inner: tuple["Link", ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the site."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame is the same on every page, except the marked current page."""

    sections: Sequence[Section]

    def around(self, page: str, title: str, body: str) -> str:
        """Render the page; `body` has its table of contents and its main part."""
        return render_from(
            "waybill_toolkit.site",
            "layout.html.jinja",
            title=title,
            body=body,
            page=page,
            sections=self.sections,
            here=lambda target: relative(target, page),
            is_here=lambda link: page in _pages(link),
            holds=lambda section: any(page in _pages(link) for link in section.links),
        )


def _pages(link: Link) -> Iterator[str]:
    yield link.page
    for each in link.inner:
        yield from _pages(each)
