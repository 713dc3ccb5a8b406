"""Forwards the requests of one operation: an ASGI application.

    client -> Guard -> headers, Uploads -> service -> headers, Download -> client

An error before the start of the response is returned as a problem, which says whether the request
may have been executed.
"""

import logging
from typing import Final

from starlette.types import Receive, Scope, Send

from gateway.contract.problems import BadGateway, GatewayTimeout
from gateway.download import Download
from gateway.guards import Guard
from gateway.headers import to_service
from gateway.routes import Route
from gateway.uploads import Uploads
from gateway.upstream import Answer, Upstream
from waybill import trace
from waybill.calls.transport import Request, SilentError, UnreachableError, UpstreamError
from waybill.http.body import ClientGoneError
from waybill.http.error_forms import error_reply
from waybill.http.problems import Problem, ProblemError, Unavailable
from waybill.http.reply import Reply

_log = logging.getLogger(__name__)


class Forward:
    """Serves one operation by forwarding its requests to its service."""

    def __init__(
        self,
        route: Route,
        guard: Guard,
        upstream: Upstream,
        uploads: Uploads,
        client_seconds: float,
    ) -> None:
        self._route: Final = route
        self._guard: Final = guard
        self._upstream: Final = upstream
        self._uploads: Final = uploads
        self._client_seconds: Final = client_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            fields = await self._guard.check(scope)
            answer = await self._ask(scope, receive)
        except ProblemError as refused:
            await self._reply(refused.problem, scope).send(send)
        except ClientGoneError:
            pass
        except UpstreamError as error:
            _log.warning("%s: %s", self._upstream.name, error)
            await self._reply(self._problem(error), scope).send(send)
        else:
            try:
                download = Download(self._upstream.name, answer, fields, send, self._client_seconds)
                await download.run(receive)
            finally:
                answer.close()

    async def _ask(self, scope: Scope, receive: Receive) -> Answer:
        headers = to_service(scope["headers"], trace.current() or trace.begin())
        limit = self._route.body_limit_bytes
        body = None
        if limit is not None:
            body = await self._uploads.receive(_declared_length(scope), limit, receive)
        request = Request(method=scope["method"], path=_target(scope), headers=headers, body=body)
        return await self._upstream.send(request, is_repeatable=self._route.is_repeatable)

    def _reply(self, problem: Problem, scope: Scope) -> Reply:
        """Return a problem in the form that the clients of this operation expect."""
        return error_reply(problem, scope, self._route.errors)

    def _problem(self, error: UpstreamError) -> Problem:
        name = self._upstream.name
        match error:
            case UnreachableError():
                detail = f"{name} is unavailable and the request was not executed; retry shortly."
                return Unavailable(detail=detail)
            case SilentError():
                return GatewayTimeout(detail=f"{name} did not respond in time. {self._advice()}")
            case _:
                return BadGateway(detail=f"{name} ended its response early. {self._advice()}")

    def _advice(self) -> str:
        """Return what to do when it is unknown whether the request was executed."""
        if self._route.is_safe:
            return "Retry the request."
        if self._route.is_keyed:
            return "The request may have been executed: retry it with the same Idempotency-Key."
        return "The request may have been executed: check the resource before you retry it."


def _target(scope: Scope) -> str:
    target = str(scope["raw_path"], "ascii")
    query = scope["query_string"]
    return f"{target}?{str(query, 'latin-1')}" if query else target


def _declared_length(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return bytes(value)
    return None
