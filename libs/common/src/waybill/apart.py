"""The background parts of a service in a process of their own, beside the one that serves.

In one process a request waits for whatever batch of events is in hand, tens of milliseconds when
there are many. Apart, it waits for nobody but its own transaction.

    parent   serves requests, and tells the child when a commit has sent events
    child    relay, consumer, timers: assembled anew from the same settings

They have nothing in common but the database, and stand and fall together: a child that ends stops
the parent, a parent that is gone takes the child along. Stopping is up to the parent, which alone
obeys signals.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final, NoReturn

import uvloop

_WOKEN: Final = b"w"
_STOP: Final = b"s"
_CHUNK: Final = 4096
_EXIT_ORPHANED: Final = 1
_NICENESS: Final = 10
"""Where processor time is short, it goes to requests first: somebody waits for those."""

Work = Callable[["Parent"], Coroutine[None, None, int]]


class Parent:
    """The parent, as the child knows it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    async def listen(self, woken: Callable[[], None]) -> None:
        """Call `woken` for each commit; return when it is time to stop.

        Ends the process when the parent is gone: another one may have been started by now.
        """
        loop = asyncio.get_running_loop()
        while _STOP not in (said := await loop.sock_recv(self._channel, _CHUNK)):
            if not said:
                os._exit(_EXIT_ORPHANED)
            woken()


class Child:
    """The child, as one background part of the parent."""

    name: Final = "background process"

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self._pid = pid
        self._channel = channel

    def wake(self) -> None:
        """Say that there is something to publish. Never waits: one wake-up is as good as many."""
        with suppress(BlockingIOError, BrokenPipeError):
            self._channel.send(_WOKEN)

    async def run(self, stop: asyncio.Event) -> None:
        """Return when the child has ended, which it is asked to do when `stop` is set."""
        try:
            async with asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(self._ask_at(stop))
                # It never says anything, so what comes is the end.
                await asyncio.get_running_loop().sock_recv(self._channel, 1)
                asking.cancel()
        finally:
            self._channel.close()
        os.waitpid(self._pid, 0)  # noqa: ASYNC222 - it has ended, and waits to be noticed

    async def _ask_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._channel.send(_STOP)


def fork(work: Work) -> Child:
    """Start a child that does `work` and exits with what that returns.

    Call it before there are threads or an event loop: a fork copies only what runs.
    """
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(0)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_the_child(work, theirs)
    theirs.close()
    return Child(pid, ours)


def _be_the_child(work: Work, channel: socket.socket) -> NoReturn:
    # A terminal's Ctrl-C and most process managers send their signals to both.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    raise SystemExit(uvloop.run(work(Parent(channel))))
