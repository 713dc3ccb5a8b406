"""One operation as an ASGI application: from the request to the handler and back.

    admit -> read body -> read parameters -> Idempotency-Key -> handler -> reply

A step refuses a request by ProblemError. Every error becomes a reply, except one for which the
service has registered its own exception handler. A GET with a current If-None-Match is answered
with 304 (RFC 9110, 13.1.2), whatever the handler.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from waybill import trace
from waybill.http.access import Access, Principal, admit
from waybill.http.body import Body, BodyReader, ClientGoneError
from waybill.http.call import Call
from waybill.http.contract import Answer, Operation
from waybill.http.entity_tags import is_unchanged
from waybill.http.errors import has_own_handler, problem_of
from waybill.http.execution import IdempotentExecution
from waybill.http.header_fields import by_name
from waybill.http.idempotency import KeyedRequest
from waybill.http.parameters import ParameterReader
from waybill.http.problems import (
    IdempotencyKeyMissing,
    MalformedRequest,
    Problem,
    ProblemError,
)
from waybill.http.reply import Renderer, ReplayedAnswerError, Reply, problem_reply

Handler = Callable[..., Awaitable[Answer | Problem]]

_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)


class Endpoint:
    """Serves one operation."""

    def __init__(self, operation: Operation, handler: Handler, access: Access) -> None:
        self.operation: Final = operation
        self._handler = handler
        self._access = access
        self._body = (
            None
            if operation.body is None
            else BodyReader(operation.body, operation.body_limit_bytes)
        )
        self._parameters = ParameterReader(operation.parameters)
        self._renderer = Renderer(operation.answers)
        self._is_conditional = operation.method == "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(scope, receive)
        except ReplayedAnswerError as answered:
            reply = answered.reply
        except ProblemError as refused:
            reply = problem_reply(refused.problem, scope)
        except ClientGoneError:
            return
        except Exception as error:
            if has_own_handler(scope, error):
                raise
            reply = problem_reply(problem_of(error, self.operation.id), scope)
        await reply.send(send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        headers = by_name(scope["headers"])
        principal = await self._admit(headers)
        body = None if self._body is None else await self._body.read(headers, receive)
        arguments = self._parameters.read(scope, headers)
        keyed = None
        if self.operation.idempotent:
            keyed = self._keyed(headers, principal, fingerprint(scope, arguments, body))
        if body is not None:
            arguments["body"] = body.value
        call = Call(principal=principal, traceparent=trace.current_traceparent(), keyed=keyed)
        outcome = await self._handler(call, **arguments)
        if isinstance(outcome, Problem):
            return self._renderer.render_problem(outcome, scope)
        if self._is_conditional and (known := headers.get(b"if-none-match")) is not None:
            etag = getattr(outcome, "etag", None)
            if etag is not None and is_unchanged(known.decode("latin-1"), etag):
                return Reply(304, (("etag", etag),))
        return keyed.rendered(outcome) if keyed else self._renderer.render(outcome)

    async def _admit(self, headers: dict[bytes, bytes]) -> Principal:
        authorization = headers.get(b"authorization")
        return await admit(
            self._access,
            None if authorization is None else authorization.decode("latin-1"),
            self.operation.scopes,
        )

    def _keyed(
        self, headers: dict[bytes, bytes], principal: Principal, inputs: bytes
    ) -> IdempotentExecution:
        request = KeyedRequest(
            principal=principal.subject,
            operation=self.operation.id,
            key=read_key(headers.get(b"idempotency-key")),
            fingerprint=inputs,
        )
        return IdempotentExecution(request, self._renderer.render)


def fingerprint(scope: Scope, arguments: dict[str, Any], body: Body | None) -> bytes:
    """Hash the input of a request; equal for requests with the same meaning."""
    parameters = orjson.dumps(arguments, default=str, option=orjson.OPT_SORT_KEYS)
    inputs = (
        scope["method"].encode(),
        scope["path"].encode(),
        parameters,
        b"" if body is None else body.canonical,
    )
    return hashlib.sha256(b"\0".join(inputs)).digest()


def read_key(value: bytes | None) -> str:
    """Check an Idempotency-Key. Raises ProblemError with a 400."""
    if value is None:
        detail = (
            "Send an Idempotency-Key: a unique value for each action, the same one for retries."
        )
        raise ProblemError(IdempotencyKeyMissing(detail=detail))
    key = value.decode("latin-1")
    if not _KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 printable ASCII characters and no spaces."
        raise ProblemError(MalformedRequest(detail=detail))
    return key
