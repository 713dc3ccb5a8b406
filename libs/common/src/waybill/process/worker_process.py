"""The background parts of a service in a process of their own, beside the one that serves.

In one process a request waits for whatever batch of events is in hand, tens of milliseconds when
there are many. Apart, it waits for nobody but its own transaction.

    parent   serves requests, and hands the events that a commit has sent to the child
    child    relay, consumer, timers: assembled anew from the same settings; tells the parent each
             second that its event loop turns

They have nothing in common but the database, and stand and fall together: a child that ends stops
the parent, a parent that is gone takes the child along. Stopping is up to the parent, which alone
obeys signals.

Between them is a socket that keeps messages whole. Sending never waits: events that find no room
are left to be read in the outbox, and the child is told so when there is room again.
"""

import asyncio
import os
import pickle
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Final, NoReturn

import uvloop

from waybill.postgres.outbox import SentEvent

# The first byte of a message. Events follow theirs; none means that some are in the outbox.
_EVENTS: Final = b"e"
_STOP: Final = b"s"
_BEAT: Final = b"b"
BEAT_SECONDS: Final = 1.0
_SILENT_SECONDS_MAX: Final = 5.0
_MESSAGE_BYTES_MAX: Final = 65_536
"""A third of what a socket holds by default. Larger ones are left to be read in the outbox."""
_EXIT_ORPHANED: Final = 1
_NICENESS: Final = 10
"""Where processor time is short, it goes to requests first: somebody waits for those."""

Work = Callable[["Parent"], Coroutine[None, None, int]]


class Parent:
    """The parent, as the child knows it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    async def listen(self, publish: Callable[[Sequence[SentEvent]], None]) -> None:
        """Call `publish` with what each commit has sent; return when it is time to stop.

        Called with nothing, there are events in the outbox. Ends the process when the parent is
        gone: another one may have been started by now.
        """
        self._beat(asyncio.get_running_loop())
        while (said := await _hear(self._channel)) != _STOP:
            if not said:
                os._exit(_EXIT_ORPHANED)
            publish(_events(said))

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
        self._is_behind = False

    def is_alive(self) -> bool:
        """Whether its event loop turned in the last seconds."""
        return time.monotonic() - self._heard < _SILENT_SECONDS_MAX

    def publish(self, events: Sequence[SentEvent]) -> None:
        """Hand over events that were committed. Never waits."""
        if not self._is_behind and not self._sent(_message(events)):
            self._is_behind = True
            asyncio.get_running_loop().add_writer(self._channel, self._catch_up)

    def _catch_up(self) -> None:
        if self._sent(_EVENTS):
            self._is_behind = False
            asyncio.get_running_loop().remove_writer(self._channel)

    def _sent(self, message: bytes) -> bool:
        try:
            self._channel.send(message)
        except BlockingIOError:
            return False
        except ConnectionError:  # it has ended, which `run` finds out
            return True
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Return when the child has ended, which it is asked to do when `stop` is set."""
        try:
            async with asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(self._ask_at(stop))
                while await _hear(self._channel):
                    self._heard = time.monotonic()
                asking.cancel()
        finally:
            asyncio.get_running_loop().remove_writer(self._channel)
            self._channel.close()
        os.waitpid(self._pid, 0)  # noqa: ASYNC222 - it has ended, and waits to be noticed

    async def _ask_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._channel, _STOP)


def _message(events: Sequence[SentEvent]) -> bytes:
    message = _EVENTS + pickle.dumps(events)
    return message if len(message) <= _MESSAGE_BYTES_MAX else _EVENTS


def _events(message: bytes) -> Sequence[SentEvent]:
    packed = message.removeprefix(_EVENTS)
    events: Sequence[SentEvent] = pickle.loads(packed) if packed else ()  # noqa: S301 - our parent's
    return events


async def _hear(channel: socket.socket) -> bytes:
    """Return a message, nothing when the other process is gone."""
    try:
        return await asyncio.get_running_loop().sock_recv(channel, _MESSAGE_BYTES_MAX)
    except ConnectionResetError:  # it had not read all that it was told
        return b""


def fork(work: Work) -> Child:
    """Start a child that does `work` and exits with what that returns.

    Call it before there are threads or an event loop: a fork copies only what runs.
    """
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
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
