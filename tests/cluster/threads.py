"""A server of asyncio in a thread of its own, for tests that block."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager


@contextmanager
def in_a_thread(server: AbstractAsyncContextManager[object]) -> Iterator[None]:
    """Run a server until the end of the block. Raises what its start raises."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        try:
            async with server:
                ended = asyncio.Event()
                started.set_result((asyncio.get_running_loop(), ended))
                await ended.wait()
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, ended = started.result()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
