"""Frames on connections. The requests of a connection are answered in order."""

import asyncio
import logging
from functools import partial
from struct import Struct
from typing import Any, Final, cast

from typing_extensions import override

from waybill_toolkit.platform.embedded_broker.connections import Connections
from waybill_toolkit.platform.embedded_broker.handlers import Handlers, Later, UnreadableError
from waybill_toolkit.platform.embedded_broker.requests import Requests
from waybill_toolkit.platform.embedded_broker.unfinished import Unfinished

_log = logging.getLogger(__name__)

_SIZE: Final = Struct(">i")
_HEAD: Final = Struct(">hhih")
"""The request's key and version, its number on this connection, the length of the client's name."""
_ANSWER_HEAD: Final = Struct(">ii")
"""The size of what follows, and the number of the request."""
_REQUEST_BYTES_MAX: Final = 32 * 1024 * 1024
"""A relay sends at most a MiB to each partition."""
_LOGIN_BYTES_MAX: Final = 16 * 1024
"""The largest request of a client that has not logged in."""
_AHEAD_BYTES: Final = 128 * 1024
"""How much is received while an earlier request is being answered."""


class Connection(asyncio.Protocol):
    """Answers one request at a time, until the client closes or sends an unreadable one.

    `unfinished` and `connections` are shared by all connections.
    """

    def __init__(
        self, requests: Requests, unfinished: Unfinished, connections: Connections
    ) -> None:
        self._requests = requests
        self._unfinished = unfinished
        self._connections = connections
        self._handlers = requests.handlers(self._log_in)
        self.has_user = not requests.has_users
        self._clock = asyncio.get_running_loop().time
        self.last_request = self._clock()
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._pending: asyncio.Future[Any] | None = None
        self._is_joining = False
        self._client_reads = True
        self._is_paused = False
        self._has_ended = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a stream's always is
        self._connections.add(self)
        self._unfinished.grow(self, 0)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        self._serve()

    @override
    def eof_received(self) -> bool:
        self._has_ended = True
        if self._is_joining:
            return False  # a member that cannot send heartbeats
        self._serve()
        return True  # what is left is answered first

    @override
    def pause_writing(self) -> None:
        self._client_reads = False

    @override
    def resume_writing(self) -> None:
        self._client_reads = True
        self._serve()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._received.clear()
        self._unfinished.finish(self)
        self._connections.remove(self)
        if self._pending:
            self._pending.cancel()

    def close(self, reason: str) -> None:
        """Close it, and drop what it has received."""
        _log.warning("connection closed: %s", reason)
        self._received.clear()
        self._transport.close()

    def _log_in(self, handlers: Handlers) -> None:
        self._handlers = handlers
        self.has_user = True
        self._unfinished.finish(self)

    def _serve(self) -> None:
        """Answer the requests that have arrived, as far as possible now."""
        try:
            while self._received and self._is_free():
                frame = self._frame()
                if frame is None:
                    self._unfinished.grow(self, len(self._received))
                    break
                if self.has_user:
                    self._unfinished.finish(self)
                else:
                    self._unfinished.grow(self, 0)
                self.last_request = self._clock()
                self._handle(frame)
        except UnreadableError as fault:
            self.close(str(fault))
        except BaseException:
            self._transport.close()
            raise
        else:
            self._control_flow()

    def _is_free(self) -> bool:
        return self._pending is None and self._client_reads and not self._transport.is_closing()

    def _frame(self) -> bytes | None:
        """Take the next request, when it is complete."""
        received = self._received
        if len(received) < _SIZE.size:
            return None
        [size] = _SIZE.unpack_from(received)
        if not _HEAD.size <= size <= (_REQUEST_BYTES_MAX if self.has_user else _LOGIN_BYTES_MAX):
            raise UnreadableError(f"a request of {size} bytes")
        end = _SIZE.size + size
        if len(received) < end:
            return None
        with memoryview(received) as view:
            frame = bytes(view[_SIZE.size : end])
        del received[:end]
        return frame

    def _handle(self, frame: bytes) -> None:
        key, version, number, name_bytes = _HEAD.unpack_from(frame)
        handler = self._handlers.get((key, version))
        if handler is None:
            self._write(number, self._requests.refusal(key, version))
            return
        answer = handler(frame, _HEAD.size + max(0, name_bytes))
        if isinstance(answer, bytes):
            self._write(number, answer)
        else:
            self._pending, self._is_joining = answer.ready, answer.is_for_member
            self._pending.add_done_callback(partial(self._finish, number, answer))

    def _finish(self, number: int, answer: Later, ready: asyncio.Future[Any]) -> None:
        self._pending, self._is_joining = None, False
        if ready.cancelled() or self._transport.is_closing():
            return  # the connection is lost, or the broker ends
        try:
            self._write(number, answer.encoded())
        except BaseException:
            self._transport.close()
            raise
        self._serve()

    def _write(self, number: int, answer: bytes) -> None:
        self._transport.write(_ANSWER_HEAD.pack(_SIZE.size + len(answer), number) + answer)

    def _control_flow(self) -> None:
        """Read what the next request lacks, but not too much ahead of it."""
        is_free = self._is_free()
        if is_free and self._has_ended:
            self._transport.close()
        elif is_free and self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        elif not is_free and not self._is_paused and len(self._received) > _AHEAD_BYTES:
            self._is_paused = True
            self._transport.pause_reading()
