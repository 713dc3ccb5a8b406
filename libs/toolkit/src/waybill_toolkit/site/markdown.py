"""Renders the Markdown of the repository like GitHub, with the links of the site."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import TextLexer, get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

_NOT_IN_SLUG: Final = re.compile(r"[^\w\- ]")
_GENERATED: Final = re.compile(r"<!-- generated: (.+?) -->")
_FORMATTER: Final = HtmlFormatter(nowrap=True)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its fragment."""

    level: int
    text: str
    slug: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's content."""

    title: str
    html: str
    headings: tuple[Heading, ...]


@dataclass(slots=True)
class Renderer:
    """Renders pages. `link` rewrites a link, `draw` a diagram, `generate` fills in a marker.

    A marker is a comment, `<!-- generated: settings orders -->`: invisible on GitHub, replaced by
    the generated part on the site.
    """

    link: Callable[[str], str]
    draw: Callable[[str], str]
    generate: Callable[[str], str]
    picture: Callable[[str], str] = str
    """Rewrites the address of a picture."""
    _markdown: MarkdownIt = field(init=False)

    def __post_init__(self) -> None:
        markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
        rules: dict[str, Any] = cast("Any", markdown.renderer).rules
        rules |= {
            "fence": self._fence,
            "code_block": lambda tokens, index, *_: code(tokens[index].content, ""),
            "html_block": self._html,
            "heading_close": _heading_close,
            "table_open": lambda *_: '<div class="wide" tabindex="0"><table>\n',
            "table_close": lambda *_: "</table></div>\n",
        }
        self._markdown = markdown

    def render(self, text: str) -> Rendered:
        """Render one page."""
        tokens = self._markdown.parse(text)
        headings = list(_name_headings(tokens))
        for token in _all(tokens):
            for name, rewrite in (("href", self.link), ("src", self.picture)):
                if target := token.attrGet(name):
                    token.attrSet(name, rewrite(str(target)))
        _empty_headers_to_cells(tokens)
        html = self._markdown.renderer.render(tokens, self._markdown.options, {})
        title = next((each.text for each in headings if each.level == 1), "")
        return Rendered(title, html, tuple(headings))

    def _fence(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        content, language = tokens[index].content, tokens[index].info.split(" ")[0]
        if language == "mermaid":
            return f'<figure class="diagram">{self.draw(content)}</figure>\n'
        return code(content, language)

    def _html(self, tokens: Sequence[Token], index: int, *_: object) -> str:
        found = _GENERATED.match(tokens[index].content)
        return self.generate(found[1]) if found else tokens[index].content


def _heading_close(tokens: Sequence[Token], index: int, *_: object) -> str:
    token = tokens[index]
    anchor = f'<a class="anchor" href="#{token.meta["slug"]}" aria-label="Link">#</a>'
    return f"{anchor}</{token.tag}>\n"


def code(text: str, language: str) -> str:
    """Render a block of code in colours."""
    return f'<pre tabindex="0"><code>{highlight(text, _lexer(language), _FORMATTER)}</code></pre>\n'


def _lexer(language: str) -> Any:  # noqa: ANN401 - Pygments has no types
    try:
        return get_lexer_by_name(language or "text")
    except ClassNotFound:
        return TextLexer()


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading the same id as on GitHub."""
    taken: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            text = _plain(tokens[number + 1])
            slug = _NOT_IN_SLUG.sub("", text.lower()).replace(" ", "-")
            count = taken.get(slug, 0)
            taken[slug] = count + 1
            slug = f"{slug}-{count}" if count else slug
            token.attrSet("id", slug)
            tokens[number + 2].meta["slug"] = slug
            yield Heading(int(token.tag[1]), text, slug)


def _empty_headers_to_cells(tokens: Sequence[Token]) -> None:
    """Make a header without text an ordinary cell: Markdown has no table without headers."""
    for opened, inline, closed in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opened.type == "th_open" and not inline.content:
            opened.tag = closed.tag = "td"


def _plain(inline: Token) -> str:
    return "".join(each.content for each in inline.children or ())


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def contents(headings: Sequence[Heading]) -> str:
    """Render the headings of a page as a list of links."""
    items = "".join(
        f'<li class="level-{each.level}"><a href="#{each.slug}">{escape(each.text)}</a></li>'
        for each in headings
        if each.level in (2, 3)
    )
    return f"<ul>{items}</ul>" if items else ""
