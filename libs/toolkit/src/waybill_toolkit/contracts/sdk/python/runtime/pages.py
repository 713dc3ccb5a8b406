"""Pagination."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from .connection import AsyncConnection, Connection
from .operation import Given, Operation

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """Some items, and the cursor of the next page: None on the last page."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """All items; each page is fetched when it is needed. Can be iterated repeatedly."""

    connection: Connection
    operation: Operation[Page[T]]
    given: Given

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """Iterate over the pages."""
        given = self.given
        while True:
            page = self.connection.call(self.operation, given)
            yield page
            if page.next_cursor is None:
                return
            given = _next(given, page.next_cursor)


@dataclass(frozen=True, slots=True)
class AsyncPages(Generic[T]):
    """All items; each page is fetched when it is needed. Can be iterated repeatedly."""

    connection: AsyncConnection
    operation: Operation[Page[T]]
    given: Given

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate over the pages."""
        given = self.given
        while True:
            page = await self.connection.call(self.operation, given)
            yield page
            if page.next_cursor is None:
                return
            given = _next(given, page.next_cursor)


def _next(given: Given, cursor: str) -> Given:
    return replace(given, query={**given.query, "cursor": cursor})
