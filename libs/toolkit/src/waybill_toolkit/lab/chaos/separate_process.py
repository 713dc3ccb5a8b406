"""Reads the databases in a separate process.

All links of the platform run through the campaign's event loop. Reading many orders there would
block them, which is a fault that the campaign does not intend.
"""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE

import uvloop

from waybill_toolkit.lab.chaos.system import Books, read_books
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform


async def read_books_in_process(platform: Platform, customers: str, settle_seconds: float) -> Books:
    """Call `read_books` without blocking this event loop. Raises PlatformError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
    )
    try:
        output, _ = await process.communicate(pickle.dumps((platform, customers, settle_seconds)))
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise PlatformError(
            f"The process that reads the databases exited with {process.returncode}."
        )
    books: Books | PlatformError = pickle.loads(output)  # noqa: S301 - from our own process
    if isinstance(books, PlatformError):
        raise books
    return books


def main() -> None:
    """Read the request from stdin and write the result to stdout."""
    asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own campaign
    outcome: Books | PlatformError
    try:
        outcome = uvloop.run(read_books(*asked))
    except PlatformError as error:
        outcome = error
    pickle.dump(outcome, sys.stdout.buffer)


if __name__ == "__main__":
    main()
