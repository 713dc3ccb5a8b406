"""The background parts of a service in a process of their own, beside the one that serves.

In one process a request waits for whatever batch of events is in hand, tens of milliseconds when
there are many. Apart, it waits for nobody but its own transaction.

    parent   serves requests, and tells the child when a commit has sent events
    child    relay, consumer, timers: assembled anew from the same settings; tells the parent each
             second that its event loop turns

They have nothing in common but the database, and stand and fall together: a child that ends stops
the parent, a parent that is gone takes the child along. Stopping is up to the parent, which alone
obeys signals.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final, NoReturn

import uvloop

_WOKEN: Final = b"w"
_STOP: Final = b"s"
_BEAT: Final = b"b"
BEAT_SECONDS: Final = 1.0
_SILENT_SECONDS_MAX: Final = 5.0
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
        self._beat(asyncio.get_running_loop())
        while _STOP not in (said := await _hear(self._channel)):
            if not said:
                os._exit(_EXIT_ORPHANED)
            woken()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(BlockingIOError, ConnectionError):
            self._channel.send(_BEAT)
        loop.call_later(BEAT_SECONDS, self._beat, loop)


class Child:
    """The child, as one background part of the parent."""

    name: Final = "background process"

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self._pid = pid
        self._channel = channel
        self._heard = time.monotonic()

    def is_alive(self) -> bool:
        """Whether its event loop turned in the last seconds."""
        return time.monotonic() - self._heard < _SILENT_SECONDS_MAX

    def wake(self) -> None:
        """Say that there is something to publish. Never waits: one wake-up is as good as many."""
        with suppress(BlockingIOError, ConnectionError):
            self._channel.send(_WOKEN)

    async def run(self, stop: asyncio.Event) -> None:
        """Return when the child has ended, which it is asked to do when `stop` is set."""
        try:
            async with asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(self._ask_at(stop))
                while await _hear(self._channel):
                    self._heard = time.monotonic()
                asking.cancel()
        finally:
            self._channel.close()
        os.waitpid(self._pid, 0)  # noqa: ASYNC222 - it has ended, and waits to be noticed

    async def _ask_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._channel, _STOP)


async def _hear(channel: socket.socket) -> bytes:
    """Return what is said, nothing when the other process is gone."""
    try:
        return await asyncio.get_running_loop().sock_recv(channel, _CHUNK)
    except ConnectionResetError:  # it had not read all that it was told
        return b""


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
