"""Answers that are text: a page, or a stream of one event."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from waybill.http.html import page
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.media import EVENTS, HTML


def _page(response: Node) -> str:
    return page("Mock", str(response.value.get("description", "")))


class _Event:
    """Yields its text in each answer."""

    def __init__(self, response: Node) -> None:
        self._text = f"data: {response.value.get('description', '')}\n\n"

    async def __aiter__(self) -> AsyncIterator[str]:
        yield self._text


TEXTS: Final[Mapping[str, Callable[[Node], Any]]] = {HTML: _page, EVENTS: _Event}
"""Creates the body of a response, by its media type."""
