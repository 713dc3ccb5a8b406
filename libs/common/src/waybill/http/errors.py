"""Conversion of exceptions: to problems, or to responses of the service's own exception handlers.

An operation handles most errors itself, see endpoint.py. `ERROR_HANDLERS` do the same for routes
that a service adds, and for errors that no layer has caught.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import asyncpg
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from waybill import trace
from waybill.http.problems import Internal, Problem, ProblemError, Unavailable
from waybill.http.reply import Reply, problem_reply
from waybill.key_files import SealingError
from waybill.postgres import DatabaseUnavailableError

_log = logging.getLogger(__name__)

_CONFLICTS: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Conflicts with concurrent transactions: a retry may succeed."""

_SERVER_ERROR: Final = 500
"""FastAPI uses a handler for this status as the handler of every exception."""

RECORDED: Final = "waybill.error_recorded"
"""In the ASGI scope of a request that failed: the error is logged, and the client got a 500."""

ErrorHandler = Callable[[Request, Any], Awaitable[Response]]


def problem_of(error: Exception, where: str) -> Problem:
    """Log an unexpected error, and return a problem that reveals no details."""
    if isinstance(error, DatabaseUnavailableError):
        _log.warning("%s: the database is not available: %s", where, error)
        return Unavailable(detail=f"{error.reason}; try again shortly.")
    if isinstance(error, _CONFLICTS):
        _log.warning("%s: conflict with another transaction: %s", where, error)
        return Unavailable(detail="The request conflicted with another one; try again.")
    if isinstance(error, SealingError):
        _log.error("%s: %s", where, error)
        return Unavailable(detail="An encryption key is not available; try again later.")
    _log.error("%s failed", where, exc_info=error)
    return Internal(detail="The fault has been recorded under this trace id.")


def has_own_handler(scope: Scope, error: Exception) -> bool:
    """Whether the service has registered its own exception handler for `error`."""
    handlers: Mapping[Any, Any] = getattr(scope.get("app"), "exception_handlers", {})
    of_class = (handlers[each] for each in type(error).__mro__ if each in handlers)
    handler = next(of_class, None)
    if handler in _OURS:
        handler = handlers.get(_SERVER_ERROR)
    return handler not in (None, *_OURS)


async def _refused(request: Request, refused: ProblemError) -> Response:
    return _response(problem_reply(refused.problem, request.scope))


async def _failed(request: Request, error: Exception) -> Response:
    # An inner layer may have started another span, see tracing.py.
    token = trace.enter(trace.of(request.scope))
    try:
        problem = problem_of(error, f"{request.method} {request.url.path}")
        return _response(problem_reply(problem, request.scope), _Recorded)
    finally:
        trace.leave(token)


class _Recorded(Response):
    """Marks the error as logged when it is sent: FastAPI raises it again, for the server."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        scope[RECORDED] = True


def _response(reply: Reply, kind: type[Response] = Response) -> Response:
    response = kind(reply.body, reply.status)
    response.raw_headers += [
        (name.encode(), value.encode("latin-1")) for name, value in reply.headers
    ]
    return response


ERROR_HANDLERS: Final[Mapping[Any, ErrorHandler]] = {
    ProblemError: _refused,
    DatabaseUnavailableError: _failed,
    SealingError: _failed,
    **dict.fromkeys(_CONFLICTS, _failed),
    Exception: _failed,
}

_OURS: Final = frozenset(ERROR_HANDLERS.values())
