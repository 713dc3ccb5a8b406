"""Reading the books in a process of its own.

All links of the platform lead through the campaign's event loop. Reading many orders there holds
them all up, and what cannot go on meanwhile is the campaign's fault.
"""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE

import uvloop

from waybill_toolkit.lab.chaos.system import Books, read_books
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform


async def read_books_apart(platform: Platform, customers: str, settle_seconds: float) -> Books:
    """Do what `read_books` does, while this event loop is free. Raises PlatformError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
    )
    try:
        told, _ = await process.communicate(pickle.dumps((platform, customers, settle_seconds)))
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise PlatformError(f"The process that reads the books ended with {process.returncode}.")
    books: Books | PlatformError = pickle.loads(told)  # noqa: S301 - from our own process
    if isinstance(books, PlatformError):
        raise books
    return books


def main() -> None:
    """Read what stdin asks for and write it to stdout."""
    asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own campaign
    outcome: Books | PlatformError
    try:
        outcome = uvloop.run(read_books(*asked))
    except PlatformError as error:
        outcome = error
    pickle.dump(outcome, sys.stdout.buffer)


if __name__ == "__main__":
    main()
