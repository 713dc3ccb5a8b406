"""A child process that runs the background parts of a service.

In one process a request waits for the current batch of events, tens of milliseconds when there are
many. With a separate process, it waits only for its own transaction.

    parent   serves requests, and sends the events of each commit to the child, and its new sagas
    child    relay, consumer, timers, assembled from the same settings; sends a heartbeat to the
             parent each second

They share only the database. When the child ends, the parent stops; when the parent is gone, the
child exits. Only the parent handles signals, and stops the child.

    metrics  the parent asks, when it is asked itself; the child answers in pieces

They communicate over a socket that preserves message boundaries. Sending never blocks: when the
socket is full, the events are read from the outbox, and the child is notified when there is space
again.
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
from waybill.saga.started import PassOn, StartedSaga

# The first byte of a message. _EVENTS without events means that the child must read the outbox.
_EVENTS: Final = b"e"
_SAGAS: Final = b"g"
_STOP: Final = b"s"
_HEARTBEAT: Final = b"b"
_ASK: Final = b"m"
_PIECE: Final = b"p"
_LAST_PIECE: Final = b"l"
BEAT_SECONDS: Final = 1.0
_SILENT_SECONDS_MAX: Final = 5.0
_MESSAGE_BYTES_MAX: Final = 65_536
"""A third of the default socket buffer. Events of larger messages are read from the outbox."""
_PIECE_BYTES: Final = _MESSAGE_BYTES_MAX - 1
_METRICS_SECONDS_MAX: Final = 1.0
"""For the child to answer; when it is busy for longer, its last answer is used."""
_EXIT_ORPHANED: Final = 1
_NICENESS: Final = 10
"""Requests have priority when processor time is short."""

Work = Callable[["Parent"], Coroutine[None, None, int]]


class Parent:
    """The parent, as seen by the child."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    async def listen(
        self,
        publish: Callable[[Sequence[SentEvent]], None],
        cache: PassOn = lambda _sagas: None,
        refusal: Callable[[], str | None] = lambda: None,
        metrics: Callable[[], bytes] = bytes,
    ) -> None:
        """Call `publish` with the events of each commit; returns when the child must stop.

        Before, `cache` is called with the sagas that the commit has started. A call of `publish`
        without events means that there are events in the outbox. Exits the process when the parent
        is gone: the platform may have started another one. Each heartbeat carries `refusal`.
        `metrics` returns what the child has counted.
        """
        self._heartbeat(asyncio.get_running_loop(), refusal)
        while (message := await _receive(self._channel)) != _STOP:
            if not message:
                os._exit(_EXIT_ORPHANED)
            if message == _ASK:
                await self._answer(metrics())
            elif message.startswith(_SAGAS):
                cache(pickle.loads(message[1:]))  # noqa: S301 - our parent's
            else:
                publish(_events(message))

    async def _answer(self, metrics: bytes) -> None:
        loop = asyncio.get_running_loop()
        while len(metrics) > _PIECE_BYTES:
            await loop.sock_sendall(self._channel, _PIECE + metrics[:_PIECE_BYTES])
            metrics = metrics[_PIECE_BYTES:]
        await loop.sock_sendall(self._channel, _LAST_PIECE + metrics)

    def _heartbeat(
        self, loop: asyncio.AbstractEventLoop, refusal: Callable[[], str | None]
    ) -> None:
        with suppress(BlockingIOError, ConnectionError):
            self._channel.send(_HEARTBEAT + (refusal() or "").encode())
        loop.call_later(BEAT_SECONDS, self._heartbeat, loop, refusal)


class Child:
    """The child, as a background part of the parent."""

    name: Final = "background process"

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self._pid = pid
        self._channel = channel
        self._heartbeat_at = time.monotonic()
        self._is_behind = False
        self._metrics = b""
        self._pieces: list[bytes] = []
        self._answered: asyncio.Future[None] | None = None
        self.refusal: str | None = None
        """Why the broker refuses a part of the child, as of its last heartbeat."""

    @property
    def silent_seconds(self) -> float:
        """Time since the last heartbeat."""
        return time.monotonic() - self._heartbeat_at

    def is_alive(self) -> bool:
        """Whether a heartbeat arrived in the last seconds."""
        return self.silent_seconds < _SILENT_SECONDS_MAX

    async def metrics(self) -> bytes:
        """Ask the child for its metrics; its last answer, empty at first, if it takes too long."""
        if self._answered is None and self._sent(_ASK):
            self._answered = asyncio.get_running_loop().create_future()
        if self._answered is not None:
            await asyncio.wait([self._answered], timeout=_METRICS_SECONDS_MAX)
        return self._metrics

    def publish(self, events: Sequence[SentEvent]) -> None:
        """Send committed events to the child. Never blocks."""
        if not self._is_behind and not self._sent(_message(events)):
            self._is_behind = True
            asyncio.get_running_loop().add_writer(self._channel, self._catch_up)

    def pass_on(self, sagas: Sequence[StartedSaga]) -> None:
        """Send started sagas to the child, which reads those that do not arrive. Never blocks."""
        message = _SAGAS + pickle.dumps(sagas)
        if len(message) <= _MESSAGE_BYTES_MAX:
            self._sent(message)

    def _catch_up(self) -> None:
        if self._sent(_EVENTS):
            self._is_behind = False
            asyncio.get_running_loop().remove_writer(self._channel)

    def _sent(self, message: bytes) -> bool:
        try:
            self._channel.send(message)
        except BlockingIOError:
            return False
        except ConnectionError:  # it has ended, which `run` detects
            return True
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Return when the child has ended. Stops it when `stop` is set."""
        try:
            async with asyncio.TaskGroup() as tasks:
                stopping = tasks.create_task(self._stop_at(stop))
                while message := await _receive(self._channel):
                    self._take(message[:1], message[1:])
                stopping.cancel()
        finally:
            asyncio.get_running_loop().remove_writer(self._channel)
            self._channel.close()
        os.waitpid(self._pid, 0)  # noqa: ASYNC222 - it has ended, so this does not block

    def _take(self, kind: bytes, content: bytes) -> None:
        if kind == _HEARTBEAT:
            self.refusal = content.decode() or None
            self._heartbeat_at = time.monotonic()
            return
        self._pieces.append(content)
        if kind == _LAST_PIECE:
            self._metrics, self._pieces = b"".join(self._pieces), []
            if self._answered is not None:
                self._answered.set_result(None)
                self._answered = None

    async def _stop_at(self, stop: asyncio.Event) -> None:
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


async def _receive(channel: socket.socket) -> bytes:
    """Return a message, empty when the other process is gone."""
    try:
        return await asyncio.get_running_loop().sock_recv(channel, _MESSAGE_BYTES_MAX)
    except ConnectionResetError:  # it had not read all messages
        return b""


def fork(work: Work) -> Child:
    """Start a child that runs `work` and exits with its result.

    Call it before there are threads or an event loop: a fork copies only the calling thread.
    """
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    ours.settimeout(0)
    theirs.settimeout(0)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _run_child(work, theirs)
    theirs.close()
    return Child(pid, ours)


def _run_child(work: Work, channel: socket.socket) -> NoReturn:
    # Ctrl-C in a terminal, and most process managers, send their signals to both processes.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    raise SystemExit(uvloop.run(work(Parent(channel))))
