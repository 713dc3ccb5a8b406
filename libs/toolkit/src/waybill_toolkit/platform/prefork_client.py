"""The client of the pre-fork server, in the supervisor."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from waybill_toolkit.platform.children import Child, watch
from waybill_toolkit.platform.prefork import MESSAGE_BYTES_MAX, READY, Began, Request, decode
from waybill_toolkit.platform.processes import Program

Result = TypeVar("Result")


class PreforkGoneError(Exception):
    """The pre-fork server ended before it had started a requested process."""


class PreforkClient:
    """Starts a pre-fork server, and processes through it.

    When it ends, all its children end too, and their futures are resolved.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._channel: socket.socket | None = None
        self._is_ready = False
        self._asked: deque[asyncio.Future[Child]] = deque()
        self._children: dict[int, Child] = {}

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    def start(self) -> Child:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(0)  # for the event loop
        try:
            host = watch(self._spawn(theirs.fileno()))
        finally:
            theirs.close()
        self._channel = ours
        asyncio.get_running_loop().add_reader(ours, self._receive, ours)
        host.ended.add_done_callback(lambda _: self._lost(ours))
        return host

    def _spawn(self, descriptor: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "waybill_toolkit.platform.prefork", str(descriptor)]
        return Program(
            command, log=self._log, death_signal=signal.SIGKILL, inherited=[descriptor]
        ).spawn()

    async def launch(self, request: Request, sockets: Sequence[socket.socket] = ()) -> Child:
        """Start a process that listens on `sockets`.

        Raises PreforkGoneError when the pre-fork server has ended, and PlatformError, see
        Request.encode.
        """
        if self._channel is None:
            raise PreforkGoneError
        message = request.encode()
        loop = asyncio.get_running_loop()
        began: asyncio.Future[Child] = loop.create_future()
        self._asked.append(began)
        if sockets:
            # The buffer has room: a service is started once in a while, and the message is read.
            socket.send_fds(self._channel, [message], [each.fileno() for each in sockets])
        else:
            await loop.sock_sendall(self._channel, message)
        return await began

    def close(self) -> None:
        """End the pre-fork server by closing its channel."""
        if self._channel:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()
            self._channel = None

    def _receive(self, channel: socket.socket) -> None:
        message = channel.recv(MESSAGE_BYTES_MAX)
        if not message:
            asyncio.get_running_loop().remove_reader(channel)
        elif message == READY:
            self._is_ready = True
        else:
            self._take(message)

    def _take(self, message: bytes) -> None:
        event = decode(message)
        if isinstance(event, Began):
            child = Child(event.pid, asyncio.get_running_loop().create_future())
            self._children[event.pid] = child
            _settle(self._asked.popleft(), child)
        else:
            _settle(self._children.pop(event.pid).ended, event.exit_code)

    def _lost(self, channel: socket.socket) -> None:
        if self._channel is channel:
            self.close()
        self._is_ready = False
        for began in self._asked:
            if not began.done():
                began.set_exception(PreforkGoneError())
        for child in self._children.values():
            _settle(child.ended, -signal.SIGKILL)
        self._asked.clear()
        self._children.clear()


def _settle(future: asyncio.Future[Result], result: Result) -> None:
    """Set a result unless the future was cancelled together with its waiter."""
    if not future.done():
        future.set_result(result)
