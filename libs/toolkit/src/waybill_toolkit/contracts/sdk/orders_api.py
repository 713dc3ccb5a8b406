"""A small orders API, for tests of clients: one order for each Idempotency-Key."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from typing_extensions import override

ORDER_ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
SHIPPING: Final = {"net_minor": 0, "tax_minor": 0, "gross_minor": 0}
TOTALS: Final = {
    "currency": "GBP", "prices_include_tax": True, "lines_minor": 255, "discounts_minor": 0,
    "shipping": SHIPPING, "taxes": [], "net_minor": 255, "tax_minor": 0, "gross_minor": 255,
}  # fmt: skip
ORDER: Final = {
    "order_id": ORDER_ID, "customer_ref": "c", "status": "placed", "lines": [], "totals": TOTALS,
    "placed_at": "2026-11-22T06:00:00Z", "updated_at": "2026-11-22T06:00:00Z",
}  # fmt: skip
"""Every order, when it is placed. Each read returns it as confirmed."""

TRACE_ID: Final = "0" * 31 + "1"
"""The trace id of all responses."""


class QuietServer(ThreadingHTTPServer):
    """Does not print when a client closes its connection early, as one that times out does."""

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class OrdersApi(QuietServer):
    """The API; `keys` has the keys of all orders."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OrdersApi

    def do_POST(self) -> None:
        self.server.keys.add(str(self.headers["idempotency-key"]))
        self._send(201, ORDER)

    def do_GET(self) -> None:
        confirmed = {**ORDER, "status": "confirmed"}
        is_one = ORDER_ID in self.path
        self._send(200, confirmed if is_one else {"items": [confirmed], "next_cursor": None})

    def _send(self, status: int, value: object) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Trace-Id", TRACE_ID)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def orders_api() -> Iterator[OrdersApi]:
    """Run the API within the context."""
    api = OrdersApi()
    thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        api.server_close()
        thread.join()
