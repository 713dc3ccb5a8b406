"""Doing many things at a time, and saying how far they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Step: TypeAlias = Callable[[], None]
"""Called for each thing that is done."""
Stage: TypeAlias = Callable[[str, int], AbstractContextManager[Step]]
"""Called with what begins and of how many things it is made, such as a progress bar."""


@contextmanager
def unseen(_text: str, _total: int) -> Iterator[Step]:
    """Be a stage that nobody sees."""
    yield lambda: None


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first failure of a task group as itself: the others followed from it."""
    try:
        yield
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


@asynccontextmanager
async def grouped() -> AsyncIterator[asyncio.TaskGroup]:
    """Run tasks beside what is done meanwhile. The first failure of any ends all and is raised."""
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            yield group


async def for_each(
    items: Iterable[T], act: Callable[[T], Awaitable[None]], concurrency: int
) -> None:
    """Act on all items, so many at a time. The first failure ends it and is raised."""
    remaining = iter(items)

    async def work() -> None:
        for item in remaining:
            await act(item)

    async with grouped() as group:
        for _ in range(concurrency):
            group.create_task(work())
