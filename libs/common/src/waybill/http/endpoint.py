"""One operation as an ASGI application: from the request to the handler and back.

    admit -> read body -> read parameters -> Idempotency-Key -> handler -> reply

A step that refuses leaves by ProblemError; nothing but a reply leaves from here.
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import orjson
from starlette.types import Receive, Scope, Send

from waybill import trace
from waybill.http.access import Access, Principal, admit
from waybill.http.body import Body, BodyReader, ClientGoneError
from waybill.http.call import Call
from waybill.http.contract import Answer, Operation
from waybill.http.execution import IdempotentExecution
from waybill.http.idempotency import KeyedRequest
from waybill.http.parameters import ParameterReader
from waybill.http.problems import (
    IdempotencyKeyMissing,
    Internal,
    MalformedRequest,
    Problem,
    ProblemError,
    Unavailable,
)
from waybill.http.reply import Renderer, ReplayedAnswerError, Reply, problem_reply
from waybill.postgres.database import DatabaseUnavailableError

Handler = Callable[..., Awaitable[Answer | Problem]]

_log = logging.getLogger(__name__)

_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)

_CONFLICTS: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Two transactions stood in each other's way and this one gave in: it may well work again."""


class Endpoint:
    """Serves one operation."""

    def __init__(self, operation: Operation, handler: Handler, access: Access) -> None:
        self._operation = operation
        self._handler = handler
        self._access = access
        self._body = (
            None
            if operation.body is None
            else BodyReader(operation.body, operation.body_limit_bytes)
        )
        self._parameters = ParameterReader(operation.parameters)
        self._renderer = Renderer(operation.answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(scope, receive)
        except ReplayedAnswerError as answered:
            reply = answered.reply
        except ProblemError as refused:
            reply = problem_reply(refused.problem, scope)
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 (whatever it is, the client gets an answer)
            reply = problem_reply(problem_of(error, self._operation.id), scope)
        await reply.send(send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        headers = dict(scope["headers"])
        principal = await self._admit(headers)
        body = None if self._body is None else await self._body.read(headers, receive)
        arguments = self._parameters.read(scope, headers)
        keyed = None
        if self._operation.idempotent:
            keyed = self._keyed(headers, principal, fingerprint(scope, arguments, body))
        if body is not None:
            arguments["body"] = body.value
        call = Call(principal=principal, traceparent=trace.current_traceparent(), keyed=keyed)
        outcome = await self._handler(call, **arguments)
        if isinstance(outcome, Problem):
            return self._renderer.render_problem(outcome, scope)
        return keyed.rendered(outcome) if keyed else self._renderer.render(outcome)

    async def _admit(self, headers: dict[bytes, bytes]) -> Principal:
        authorization = headers.get(b"authorization")
        return await admit(
            self._access,
            None if authorization is None else authorization.decode("latin-1"),
            self._operation.scopes,
        )

    def _keyed(
        self, headers: dict[bytes, bytes], principal: Principal, asked: bytes
    ) -> IdempotentExecution:
        request = KeyedRequest(
            principal=principal.subject,
            operation=self._operation.id,
            key=read_key(headers.get(b"idempotency-key")),
            fingerprint=asked,
        )
        return IdempotentExecution(request, self._renderer.render)


def fingerprint(scope: Scope, arguments: dict[str, Any], body: Body | None) -> bytes:
    """Hash what a request asks for; equal for requests that differ only in spelling."""
    parameters = orjson.dumps(arguments, default=str, option=orjson.OPT_SORT_KEYS)
    asked = (
        scope["method"].encode(),
        scope["path"].encode(),
        parameters,
        b"" if body is None else body.canonical,
    )
    return hashlib.sha256(b"\0".join(asked)).digest()


def read_key(value: bytes | None) -> str:
    """Check an Idempotency-Key. Raises ProblemError with a 400."""
    if value is None:
        detail = "Send an Idempotency-Key: a value of your own for each thing you want done."
        raise ProblemError(IdempotencyKeyMissing(detail=detail))
    key = value.decode("latin-1")
    if not _KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 printable ASCII characters and no spaces."
        raise ProblemError(MalformedRequest(detail=detail))
    return key


def problem_of(error: Exception, where: str) -> Problem:
    """Log an error that no handler meant, and tell the client no more than it needs."""
    if isinstance(error, DatabaseUnavailableError):
        _log.warning("%s: the database is not available: %s", where, error)
        return Unavailable(detail="The database cannot be reached; try again shortly.")
    if isinstance(error, _CONFLICTS):
        _log.warning("%s: gave in to another transaction: %s", where, error)
        return Unavailable(detail="Another request was in the way; try again.")
    _log.error("%s failed", where, exc_info=error)
    return Internal(detail="The fault has been recorded under this trace id.")
