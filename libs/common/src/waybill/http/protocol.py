"""The server's side of a connection: uvicorn's httptools protocol, with limits on every request.

    limit                                                       when it is exceeded
    head, or trailers, of HEAD_BYTES_MAX                        431, the connection is closed
    `stall_seconds` for the head                                408, the connection is closed
    BODY_BYTES_MIN of a body in each `stall_seconds`            408, the connection is closed
    uvicorn's keep-alive timeout, also for the first request    the connection is closed
    `connections_max`                                           the longest idle one is closed

What is not valid HTTP is refused with a problem and the connection is closed, because the beginning
of the next request is unknown. So is a head that a proxy in front might read differently: two Host
headers or none, or a transfer coding other than chunked.

A request to upgrade to a protocol that is not served is an ordinary request (RFC 9110, 7.8), for
example `curl --http2`. httptools would read its body as the next request, so a second parser gets
the head without Upgrade.
"""

import asyncio
import resource
from asyncio import TimerHandle
from typing import Any, ClassVar, Final

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from waybill.http.metrics import IDLE_CLOSED
from waybill.http.problems import Problem, RequestTimeout
from waybill.http.request_head import (
    CHECKED_FIELDS,
    HEAD_BYTES_MAX,
    check_field,
    check_method,
    check_size,
    check_version,
    head_too_large,
    problem_of,
    refusal,
    without_upgrade,
)

BODY_BYTES_MIN: Final = 32_768
"""In 10 s: 26 kbit/s, less than the slowest mobile network."""

CONNECTIONS_MAX: Final = 10_000

LINGER_SECONDS: Final = 2.0
"""How long a refused client may still send. A connection closed with unread data is reset, and the
reset can overtake the response."""


def _half_of_the_files() -> int:
    """Return how many connections to clients fit; the other files are for all else."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if files < 0 else min(CONNECTIONS_MAX, files // 2)


class _LeavingHttpProtocol(HttpToolsProtocol):
    """A connection that can ask its client to close it; see process.listening."""

    _is_leaving = False

    @override
    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._is_leaving:
            self.cycle.keep_alive = False

    def leave(self) -> None:
        """Close after the next response, which says so: the process stops."""
        self._is_leaving = True
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False


class LimitedHttpProtocol(_LeavingHttpProtocol):
    """One connection. Methods named `on_...` are called by the parser within `data_received`."""

    stall_seconds: ClassVar[float] = 10.0
    connections_max: ClassVar[int] = _half_of_the_files()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (uvicorn's)
        super().__init__(*args, **kwargs)
        self.url = b""
        self._pending_bytes = 0
        """Received since the parser last completed a head, a part of a body, or a request."""
        self._body_bytes = 0
        """Of the current body, since the timer was started."""
        self._in_head = self._in_body = self._has_host = False
        self._ignores_upgrade = self._is_refused = False
        self._timer: TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _make_room(self.connections, self.connections_max)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._pending_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._refuse(problem_of(error))
            return
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._parse_without_upgrade(data[upgrade.args[0] :])
            return
        if self._in_head or self._in_body:
            if self._pending_bytes > HEAD_BYTES_MAX:
                self._refuse(head_too_large())
            elif self._timer is None:
                self._start_timer()

    @override
    def on_message_begin(self) -> None:
        # Not at every byte received: empty lines before a request are not progress.
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self._in_head = True
        self._has_host = False

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer must not be merged into the header fields (RFC 9110, 6.5.1)
        name = name.lower()
        if name in CHECKED_FIELDS:
            check_field(name, value, self.headers)
            if name == b"host":
                self._has_host = True
            elif name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    @override
    def on_headers_complete(self) -> None:
        if self._pending_bytes > HEAD_BYTES_MAX:
            check_size(self.url, self.headers)
        version = self.parser.get_http_version()
        if version != "1.1" or not self._has_host:
            check_version(version, self.headers)
        if self.parser.should_upgrade() and not self._should_upgrade():
            check_method(self.parser.get_method())
            self._ignores_upgrade = True
            return
        super().on_headers_complete()
        self._pending_bytes = self._body_bytes = 0
        self._in_head = False
        self._in_body = True
        self._stop_timer()
        # Armed when an earlier request was answered after this head had begun.
        self._unset_keepalive_if_required()

    def _parse_without_upgrade(self, rest: bytes) -> None:
        head = without_upgrade(self.parser, self.url, self.headers)
        self._ignores_upgrade = False
        self._pending_bytes = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(head + rest)

    @override
    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        self._body_bytes += len(body)
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        if self._ignores_upgrade:
            return
        self._pending_bytes = 0
        self._in_body = False
        self._stop_timer()
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._body_bytes = 0
        self._timer = self.loop.call_later(self.stall_seconds, self._check_progress)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_progress(self) -> None:
        # While reading is paused, the service is slow and not the client.
        if self._in_body and (self._body_bytes >= BODY_BYTES_MIN or self.flow.read_paused):
            self._start_timer()
            return
        self._refuse(RequestTimeout(detail="The request arrived too slowly; send it again."))

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an answer to an earlier request is due, and close."""
        self._is_refused = True
        self._stop_timer()
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and self._in_body:
            if self.pipeline or cycle.response_started:
                self.transport.close()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        elif cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False  # the connection is closed after that answer
            return
        self.transport.write(refusal(problem, self.url, self.server_state.default_headers))
        _close_when_read(self.transport, self.loop)


def _make_room(connections: set[Any], maximum: int) -> None:
    """Close the connection that waits for a request for the longest time, if there are too many."""
    if len(connections) <= maximum:
        return
    idle = [
        (each.timeout_keep_alive_task.when(), each)
        for each in connections
        if isinstance(each, LimitedHttpProtocol) and each.timeout_keep_alive_task is not None
    ]
    if idle:
        _, longest = min(idle, key=lambda found: found[0])
        IDLE_CLOSED.inc()
        connections.discard(longest)  # not only when it is closed: others may come first
        longest.transport.close()


def _close_when_read(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
    if transport.can_write_eof():
        transport.write_eof()
        loop.call_later(LINGER_SECONDS, transport.abort)
    else:
        transport.close()
