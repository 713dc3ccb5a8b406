"""Renders the templates of the pages; texts of contracts are escaped.

Markup that was rendered here is marked with `|safe` in the templates.
"""

from functools import cache
from typing import Any, Final

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


def render(template: str, **parts: Any) -> str:  # noqa: ANN401 (whatever a template shows)
    """Render a template of this package."""
    return render_from("waybill_toolkit.contracts.reference", template, **parts)


def render_from(package: str, template: str, **parts: Any) -> str:  # noqa: ANN401
    """Render a template of the folder `templates` of a package."""
    return _environment(package).get_template(template).render(**parts)


@cache
def _environment(package: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    environment.filters["size"] = size
    environment.filters["slug"] = slug
    return environment


def prose(text: str) -> Markup:
    """Render a description, which is CommonMark in OpenAPI and AsyncAPI."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 (it takes no HTML)


def size(number: int) -> str:
    """Format a number of bytes: 256 KiB."""
    return f"{number // 1024} KiB" if number % 1024 == 0 else f"{number:,} bytes"


def slug(text: str) -> str:
    """Convert a name to a URL fragment: orders.order-placed.v1, products-v1."""
    return "-".join("".join(c if c.isalnum() or c in "._-" else " " for c in text).split())
