"""Runs tasks concurrently and reports their progress."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Step: TypeAlias = Callable[[], None]
"""Called for each completed item."""
Progress: TypeAlias = Callable[[str, int], AbstractContextManager[Step]]
"""Called with the name of a step and its number of items; shows a progress bar, for example."""


@contextmanager
def no_progress(_text: str, _total: int) -> Iterator[Step]:
    """Report no progress."""
    yield lambda: None


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first error of an exception group; the others are consequences of it."""
    try:
        yield
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


@asynccontextmanager
async def grouped() -> AsyncIterator[asyncio.TaskGroup]:
    """Run background tasks within the context. The first error cancels all and is raised."""
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            yield group


async def for_each(
    items: Iterable[T], act: Callable[[T], Awaitable[None]], concurrency: int
) -> None:
    """Act on all items with limited concurrency. The first error cancels all and is raised."""
    remaining = iter(items)

    async def work() -> None:
        for item in remaining:
            await act(item)

    async with grouped() as group:
        for _ in range(concurrency):
            group.create_task(work())
