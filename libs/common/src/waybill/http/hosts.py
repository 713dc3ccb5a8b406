"""Refuses requests whose Host header is not a name of this server.

A web page can make its own name resolve to 127.0.0.1 (DNS rebinding). Its requests then have the
same origin as the page, so the browser sends them to a server on the user's machine without asking
that server. Only the Host header shows it.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from waybill.http.problems import MisdirectedRequest
from waybill.http.reply import problem_reply

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")

_TEST_CLIENT: Final = "testserver"
"""The host that Starlette's TestClient sends. It cannot be resolved outside a local network."""


class HostCheck:
    """A layer that passes on only requests for `names`, loopback, or the connection's own address.

    Health probes of Kubernetes, for example, use the address of the pod as Host.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(
            each.lower().encode("latin-1") for each in (*names, *LOOPBACK, _TEST_CLIENT)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _host(scope)
        if name in self._names or name == _own_address(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            detail = (
                f"This server is not {name.decode('latin-1')!r}; if it is, add that name to"
                " WAYBILL_ALLOWED_HOSTS."
            )
            await problem_reply(MisdirectedRequest(detail=detail), scope).send(send)


def _host(scope: Scope) -> bytes:
    """Return the host without its port; a request of HTTP/1.0 may have none."""
    for name, value in scope["headers"]:
        if name == b"host":
            host: bytes = value.lower()
            end = host.rfind(b":")
            return host[:end] if end > host.rfind(b"]") else host
    return b""


def _own_address(scope: Scope) -> bytes:
    address: str = (scope.get("server") or ("",))[0]
    return (f"[{address}]" if ":" in address else address).encode("latin-1")
