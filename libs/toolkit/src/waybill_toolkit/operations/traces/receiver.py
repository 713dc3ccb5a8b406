"""A receiver of traces for a laptop: OTLP/JSON over HTTP, kept in a file, one request a line."""

import gzip
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import orjson
from typing_extensions import override

PORT: Final = 4318
"""OpenTelemetry's port of OTLP over HTTP."""
TRACES_PATH: Final = "/v1/traces"
_BODY_BYTES_MAX: Final = 64 * 1024 * 1024
_IDLE_SECONDS: Final = 60


class TraceReceiver(ThreadingHTTPServer):
    """Serves until `shutdown`; `received` counts the spans."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], path: Path) -> None:
        """Bind the address, and open the file to append to it. Raises OSError."""
        self.received = 0
        self._lock = threading.Lock()
        self._file = path.open("ab")
        try:
            super().__init__(address, _Handler)
        except OSError:
            self._file.close()
            raise

    @override
    def server_close(self) -> None:
        super().server_close()
        self._file.close()

    def keep(self, document: object, spans: int) -> None:
        """Append one request."""
        with self._lock:
            self._file.write(orjson.dumps(document) + b"\n")
            self._file.flush()
            self.received += spans


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server: TraceReceiver

    def do_POST(self) -> None:
        """Keep the spans of a request."""
        length = self.headers.get("Content-Length", "")
        if self.path != TRACES_PATH:
            self._refuse(404, f"only {TRACES_PATH} is received")
        elif not length.isdigit() or int(length) > _BODY_BYTES_MAX:
            self._refuse(413, f"send at most {_BODY_BYTES_MAX} bytes, with a Content-Length")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(415, "only OTLP/JSON is received: set OTEL_EXPORTER_OTLP_PROTOCOL")
        else:
            self._keep(self.rfile.read(int(length)))

    def _keep(self, body: bytes) -> None:
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            document = orjson.loads(body)
            spans = sum(
                len(scope["spans"])
                for resource in document["resourceSpans"]
                for scope in resource["scopeSpans"]
            )
        except (ValueError, KeyError, TypeError, OSError, EOFError, zlib.error):
            self._refuse(400, "it is no OTLP/JSON of traces")
            return
        self.server.keep(document, spans)
        self._answer(200, {})

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        self._answer(status, {"message": message})

    def _answer(self, status: int, document: object) -> None:
        body = orjson.dumps(document)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a request a second from each process is no news."""
