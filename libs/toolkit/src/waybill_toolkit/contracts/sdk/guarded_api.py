"""An orders API with a token endpoint, for tests of clients that fetch their own tokens."""

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

from typing_extensions import override

from waybill_toolkit.contracts.sdk.orders_api import ORDER, ORDER_ID, QuietServer

CLIENT_ID: Final = "shop+1"
CLIENT_SECRET: Final = "s3:cret%"  # noqa: S105 (of nobody)
"""Both have a character that is encoded in Basic authentication (RFC 6749, 2.3.1)."""

HOLD_SECONDS: Final = 0.5
"""How long a request for a token is held, unless there is a second one meanwhile."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token: its path, form and client."""

    path: str
    form: dict[str, str]
    client: tuple[str, str]


@dataclass(slots=True)
class TokenAnswer:
    """What the endpoint answers. `body` is added to a token, or is the body of an error."""

    expires_in: int | None = 300
    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    temporary_failures: int = 0
    """The number of answers with 503 before."""
    is_accepted: bool = True
    """Whether the API accepts the token."""


class GuardedApi(QuietServer):
    """Answers requests with its newest token alone, others with `invalid_token`.

    `asked` has the requests for a token, `used` the tokens of all other requests in their order.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = TokenAnswer()
        self.asked: list[TokenRequest] = []
        self.used: list[str | None] = []
        self.valid: str | None = None
        self.uses_left: int | None = None
        """How often the first token is accepted; None for always."""
        self.holds_first = False
        """Whether the first request for a token waits for a second one, which should not come."""
        self._lock = threading.Lock()
        self._second = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def revoke(self) -> None:
        """Let the API refuse every token that it has issued."""
        self.valid = None

    def accepts(self, token: str | None) -> bool:
        """Count the use of a token."""
        with self._lock:
            self.used.append(token)
            if token is None or token != self.valid:
                return False
            if self.uses_left is not None:
                self.uses_left -= 1
                if not self.uses_left:
                    self.uses_left, self.valid = None, None
            return True

    def issue(self, request: TokenRequest) -> tuple[int, dict[str, Any]]:
        """Return status and body."""
        with self._lock:
            self.asked.append(request)
            count = len(self.asked)
            if self.answer.temporary_failures:
                self.answer.temporary_failures -= 1
                return 503, {}
        if count > 1:
            self._second.set()
        elif self.holds_first:
            self._second.wait(HOLD_SECONDS)
        if self.answer.status != 200:
            return self.answer.status, self.answer.body
        token = f"token-{count}"
        self.valid = token if self.answer.is_accepted else None
        body: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if self.answer.expires_in is not None:
            body["expires_in"] = self.answer.expires_in
        return 200, body | self.answer.body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GuardedApi

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if "/token" in self.path:
            form = {name: each[0] for name, each in parse_qs(content, strict_parsing=True).items()}
            self._send(*self.server.issue(TokenRequest(self.path, form, self._client())))
        else:
            self._guard(201, ORDER)

    def do_GET(self) -> None:
        confirmed = {**ORDER, "status": "confirmed"}
        page = {"items": [confirmed], "next_cursor": None}
        self._guard(200, confirmed if ORDER_ID in self.path else page)

    def _client(self) -> tuple[str, str]:
        kind, _, text = str(self.headers["authorization"]).partition(" ")
        if kind != "Basic":
            raise ValueError(f"the client did not authenticate with Basic but {kind}")
        name, _, secret = b64decode(text).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)

    def _guard(self, status: int, value: object) -> None:
        found = self.headers["authorization"]
        token = found.removeprefix("Bearer ") if found else None
        if not self.server.accepts(token):
            challenge = "Bearer" if token is None else 'Bearer error="invalid_token"'
            problem = {"type": "urn:waybill:problem:unauthenticated", "title": "T", "status": 401}
            self._send(401, problem, ("WWW-Authenticate", challenge))
        else:
            self._send(status, value)

    def _send(self, status: int, value: object, *headers: tuple[str, str]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def guarded_api() -> Iterator[GuardedApi]:
    """Run the API within the context."""
    api = GuardedApi()
    thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        api.server_close()
        thread.join()
