"""A receiver of traces that answers as a test wants it to, and what it has received."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from typing_extensions import override

from waybill.spans import exporter
from waybill.spans.exporter import Exporter
from waybill.spans.receiver import Destination
from waybill.spans.recorder import Recorder
from waybill.spans.span import Kind, Span
from waybill.trace import TraceContext

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass
class Scripted:
    """Answers with each of `answers` in turn, then with 200."""

    answers: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hangs: bool = False
    hung_up: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All spans of all requests."""
        return [
            span
            for body in self.bodies
            for resource in orjson.loads(body)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


def handler_of(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            scripted.bodies.append(body)
            scripted.headers.append(dict(self.headers.items()))
            if scripted.hangs:
                scripted.hung_up.wait()
                return
            status, headers, content = (
                scripted.answers.pop(0) if scripted.answers else (200, {}, b"{}")
            )
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, *_args: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def serve(scripted: Scripted, port: int = 0) -> Server:
    """Start to serve; the caller shuts it down."""
    server = Server(("127.0.0.1", port), handler_of(scripted))
    scripted.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def receiver() -> Iterator[Scripted]:
    scripted = Scripted()
    server = serve(scripted)
    yield scripted
    scripted.hung_up.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Exporter]]:
    """Start exporters that wait for milliseconds instead of seconds."""
    monkeypatch.setattr(exporter, "INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(exporter, "DELAY_FIRST_SECONDS", 0.01)
    started: list[Exporter] = []

    def start(recorder: Recorder, url: str, **settings: Any) -> Exporter:
        made = Exporter(recorder, Destination(url, **settings), {"service.name": "orders"})
        made.start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.stop(0)


def span(number: int = 1, *, links: Sequence[TraceContext] = (), **other: Any) -> Span:
    context = TraceContext(TRACE, f"{number:016x}", parent_id="00f067aa0ba902b7")
    fields = {"began": 1.0, "ended": 1.5, "attributes": {"messaging.system": "kafka"}, **other}
    return Span(context, "work", Kind.INTERNAL, links=links, **fields)


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    """Wait for another thread. Fails at a deadline that only a fault can reach."""
    for _ in range(3_000):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail(f"not within 30 s: {what}")
