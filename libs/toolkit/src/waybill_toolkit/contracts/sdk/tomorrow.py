"""A proxy that answers as a later version of the API would, or as a bad network does: for tests.

The first segment of a path selects what happens, the rest is the path at the API. So the address of
a client is `proxy.at("newer")`:

    today       nothing
    newer       a successful response has the unknown status `shipped`, and an unknown field in
                each of its objects
    later       the first two reads of a path are `newer`, later ones are `today`
    refused     the order is rejected with an unknown code, and a refusal with an unknown field
    problem     409 with an unknown problem type, nothing is executed
    incomplete  422 with a known problem type whose fields are missing or have another type
    busy        429 with a Retry-After of one second, once for each request
    html        502 with an HTML page, nothing is executed
    cut         the request is executed and its connection cut, once for each request
    garbled     the request is executed, half of the body comes, once for each request
    slow        each response comes after two seconds

A request is known again by its Idempotency-Key, otherwise by its method and path.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import urlsplit

from typing_extensions import override

from waybill_toolkit.contracts.sdk.orders_api import QuietServer

STATUS: Final = "shipped"
FIELD: Final = "tomorrow"
VALUE: Final[Mapping[str, Any]] = {"colours": ["red", None], "layers": 3}
"""The unknown field of each object, and its value."""

CODE: Final = "moon_phase"
PROBLEM: Final = "urn:waybill:problem:gift-wrapped"
TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
"""The trace id of all responses that the proxy makes itself, in the header X-Trace-Id."""

HTML: Final = b"<html><body>Bad gateway</body></html>"
RETRY_AFTER_SECONDS: Final = 1
SLOW_SECONDS: Final = 2.0

_TRACE: Final = (("X-Trace-Id", TRACE_ID),)
_TIMEOUT_SECONDS: Final = 30.0
_LATER_READS: Final = 2
_HOP_BY_HOP: Final = {
    *("connection", "content-length", "host", "http2-settings", "keep-alive", "upgrade"),
    *("te", "transfer-encoding"),
}
_ITS_OWN: Final = {*_HOP_BY_HOP, "content-type", "date", "server"}
"""The headers of a response that the proxy's server writes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came. The names of `headers` are in lower case."""

    mode: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. `content_type` is None when the connection is cut instead."""

    status: int
    body: bytes
    content_type: str | None = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


_CUT: Final = Reply(0, b"", None)


class TomorrowProxy:
    """The proxy; `received` has all requests in their order."""

    def __init__(self, api: str) -> None:
        """Forward to `api`, `http://host:port`."""
        parts = urlsplit(api)
        self._api = (str(parts.hostname), int(parts.port or 80))
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self.received: list[Received] = []
        self.server = QuietServer(("127.0.0.1", 0), _handler(self))

    def at(self, mode: str) -> str:
        """Return the address of the API in a mode."""
        return f"http://127.0.0.1:{self.server.server_port}/{mode}"

    def answer(self, request: Received) -> Reply:
        """Execute a request in its mode."""
        count = self._count(request)
        return _instead_of_api(request, count) or self._from_api(request, count)

    def _from_api(self, request: Received, count: int) -> Reply:
        reply = self._forward(request)
        if request.mode == "cut" and count == 1:
            return _CUT
        if request.mode == "garbled" and count == 1:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        is_newer = request.mode == "newer" or (request.mode == "later" and count <= _LATER_READS)
        if reply.status < 300 and (is_newer or request.mode == "refused"):
            return replace(reply, body=_changed(reply.body, _newer if is_newer else _refused))
        return reply

    def _count(self, request: Received) -> int:
        own = request.headers.get("idempotency-key", f"{request.method} {request.path}")
        with self._lock:
            self.received.append(request)
            self._counts[request.mode, own] += 1
            return self._counts[request.mode, own]

    def _forward(self, request: Received) -> Reply:
        connection = HTTPConnection(*self._api, timeout=_TIMEOUT_SECONDS)
        sent = {name: text for name, text in request.headers.items() if name not in _HOP_BY_HOP}
        try:
            connection.request(request.method, request.path, request.body or None, sent)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        headers = [each for each in response.getheaders() if each[0].lower() not in _ITS_OWN]
        media = response.getheader("content-type") or "application/json"
        return Reply(response.status, body, media, tuple(headers))


def _instead_of_api(request: Received, count: int) -> Reply | None:
    match request.mode:
        case "problem":
            return _problem(409, PROBLEM, title="T", detail="D", wrap=VALUE)
        case "incomplete":
            return _problem(422, "urn:waybill:problem:unknown-sku", sku=5, title=None)
        case "html":
            return Reply(502, HTML, "text/html", _TRACE)
        case "busy" if count == 1:
            wait = ("Retry-After", str(RETRY_AFTER_SECONDS))
            return Reply(429, b"slow down", "text/plain", (*_TRACE, wait))
        case "slow":
            time.sleep(SLOW_SECONDS)
        case _:
            pass
    return None


def _problem(status: int, kind: str, **fields: object) -> Reply:
    body = json.dumps({"type": kind, **fields}).encode()
    return Reply(status, body, "application/problem+json", _TRACE)


def _changed(body: bytes, change: Any) -> bytes:  # noqa: ANN401 (a function of JSON)
    return json.dumps(change(json.loads(body))).encode() if body else body


def _newer(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Add an unknown field to each object, and change each status of a resource."""
    if isinstance(value, list):
        return [_newer(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _newer(each) for name, each in value.items()}
    if isinstance(changed.get("status"), str):
        changed["status"] = STATUS
    return {**changed, FIELD: VALUE}


def _refused(order: dict[str, Any]) -> dict[str, Any]:
    rejection = {"code": CODE, "detail": "Not tonight.", FIELD: VALUE}
    return {**order, "status": "rejected", "rejection": rejection}


def _handler(proxy: TomorrowProxy) -> type[BaseHTTPRequestHandler]:
    """Return a class that passes the requests of a server to `proxy`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            mode, _, path = self.path.removeprefix("/").partition("/")
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            reply = proxy.answer(Received(mode, self.command, f"/{path}", headers, body))
            if reply.content_type is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, text in reply.headers:
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 (the names of http.server)

        @override
        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler


@contextmanager
def tomorrow(api: str) -> Iterator[TomorrowProxy]:
    """Run a proxy in front of an API, `http://host:port`, within the context."""
    proxy = TomorrowProxy(api)
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join()
