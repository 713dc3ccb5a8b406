"""Requests and responses over a connection that aiokafka has opened.

aiokafka connects and authenticates. It reads each response from a stream, in a task that is resumed
for its length and for the rest, and each request has a timeout of its own. At low rates nearly
every response comes alone and in one piece. Here it is decoded when the transport receives it, and
a connection has one timer.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable
from io import BytesIO
from struct import Struct
from typing import Any, Final, NamedTuple, Protocol

from aiokafka.conn import AIOKafkaConnection  # type: ignore[import-untyped]  # it is untyped
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]  # it is untyped
from typing_extensions import override

_log = logging.getLogger(__name__)

_LENGTH: Final = Struct(">i")
_NUMBER_MAX: Final = 2**31 - 1


class Node(Protocol):
    """A connection to one node."""

    def connected(self) -> bool:
        """Whether requests can be sent."""

    def send(self, request: Any) -> Awaitable[Any]:  # noqa: ANN401 (aiokafka is untyped)
        """Send a request of aiokafka or of `log_requests`; returns its response."""

    def close(self) -> None:
        """Close the connection. Requests that were not answered fail."""


class _Request(NamedTuple):
    number: int
    request: Any
    response: "asyncio.Future[Any]"
    sent_at: float


class NodeConnection(asyncio.Protocol):
    """A `Node`, which answers in the order of the requests. It breaks when one takes too long."""

    def __init__(self, opened: AIOKafkaConnection, timeout_seconds: float) -> None:
        """Take the connection over from aiokafka; no request may be under way."""
        self._loop = asyncio.get_running_loop()
        self._timeout_seconds = timeout_seconds
        self._name = f"{opened.host}:{opened.port}"
        # aiokafka has no public names for these.
        self._versions = opened._versions  # noqa: SLF001 - see above
        self._client_id = opened._client_id  # noqa: SLF001 - see above
        self._writer = opened._writer  # noqa: SLF001 - it closes the transport when it is deleted
        self._transport = self._writer.transport
        opened._read_task.cancel()  # noqa: SLF001 - see above
        opened._reader = opened._writer = None  # noqa: SLF001 - see above
        self._transport.set_protocol(self)
        self._requests: deque[_Request] = deque()
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rest = b""
        self._is_broken = False

    def connected(self) -> bool:
        """Whether requests can be sent."""
        return not self._is_broken

    def send(self, request: Any) -> "asyncio.Future[Any]":  # noqa: ANN401 (aiokafka is untyped)
        """Send a request; returns its response.

        The response raises KafkaConnectionError. This raises it too, and IncompatibleBrokerVersion.
        """
        if self._is_broken:
            raise KafkaConnectionError(f"the connection to {self._name} is closed")
        prepared = request.prepare(self._versions)
        self._number = self._number % _NUMBER_MAX + 1
        header = prepared.build_request_header(
            correlation_id=self._number, client_id=self._client_id
        )
        message = header.encode() + prepared.encode()
        self._transport.write(_LENGTH.pack(len(message)) + message)
        response = self._loop.create_future()
        self._requests.append(_Request(self._number, prepared, response, self._loop.time()))
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout_seconds, self._expire)
        return response

    def close(self) -> None:
        """Close the connection. Requests that were not answered fail."""
        self._break(None)

    @override
    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0
        while len(data) - at >= _LENGTH.size:
            end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
            if end > len(data):
                break
            try:
                self._answer(BytesIO(data[at + _LENGTH.size : end]))
            except Exception as error:  # noqa: BLE001 - whatever it is, what follows is unknown
                _log.exception("the response of %s cannot be read", self._name)
                self._break(error)
                return
            at = end
        self._rest = data[at:]

    def _answer(self, data: BytesIO) -> None:
        number, request, response, _ = self._requests[0]
        answered = request.parse_response_header(data).correlation_id
        if answered != number:
            raise ValueError(f"a response to request {answered} instead of {number}")
        if not response.done():  # its sender may have been cancelled
            response.set_result(request.RESPONSE_TYPE.decode(data))
        self._requests.popleft()

    def _expire(self) -> None:
        self._timer = None
        if not self._requests:
            return
        left = self._requests[0].sent_at + self._timeout_seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._expire)
        else:
            self._break(TimeoutError(f"no response within {self._timeout_seconds} s"))

    @override
    def eof_received(self) -> None:
        self._break(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._break(exc)

    def _break(self, cause: Exception | None) -> None:
        if self._is_broken:
            return
        self._is_broken = True
        self._transport.close()
        if self._timer is not None:
            self._timer.cancel()
        for each in self._requests:
            if not each.response.done():
                reason = f": {cause}" if cause else ""
                error = KafkaConnectionError(f"the connection to {self._name} is closed{reason}")
                error.__cause__ = cause
                each.response.set_exception(error)
        self._requests.clear()
