"""One operation as an ASGI application: from the request to the handler and back.

    admit -> read body -> read parameters -> Idempotency-Key -> owner -> handler -> reply

A step refuses a request by ProblemError. Every error becomes a reply, except one for which the
service has registered its own exception handler. A GET with a current If-None-Match is answered
with 304 (RFC 9110, 13.1.2), whatever the handler.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from waybill import deadline, trace
from waybill.http.access import Access, Principal, admit
from waybill.http.basic import Credentials, read_credentials
from waybill.http.body import Body, BodyReader, ClientGoneError
from waybill.http.call import Call
from waybill.http.contract import Answer, Operation
from waybill.http.entity_tags import is_unchanged
from waybill.http.error_forms import error_reply
from waybill.http.errors import has_own_handler, problem_of
from waybill.http.execution import IdempotentExecution
from waybill.http.forms import FormReader
from waybill.http.header_fields import by_name
from waybill.http.idempotency import KeyedRequest
from waybill.http.in_time import answered_by, time_limit
from waybill.http.metrics import REPLAYED
from waybill.http.ownership import Owner, OwnerGuard
from waybill.http.parameters import ParameterReader
from waybill.http.problems import (
    IdempotencyKeyMissing,
    MalformedRequest,
    Problem,
    ProblemError,
)
from waybill.http.rendering import Renderer
from waybill.http.reply import ReplayedAnswerError, Reply

Handler = Callable[..., Awaitable[Answer | Problem]]

_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)


class Endpoint:
    """Serves one operation."""

    def __init__(self, operation: Operation, handler: Handler, access: Access) -> None:
        self.operation: Final = operation
        self._handler = handler
        self._access = access
        self._body = _reader_of(operation)
        self._parameters = ParameterReader(
            operation.parameters, ignores_unknown=operation.ignores_unknown
        )
        self._renderer = Renderer(operation.answers)
        self._guard = OwnerGuard(operation)
        self._is_read = operation.method == "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(scope, receive)
        except ReplayedAnswerError as answered:
            REPLAYED.labels(self.operation.id).inc()
            reply = answered.reply
        except ProblemError as refused:
            reply = error_reply(refused.problem, scope, self.operation.errors)
        except ClientGoneError:
            return
        except Exception as error:
            if has_own_handler(scope, error):
                raise
            reply = error_reply(problem_of(error, self.operation.id), scope, self.operation.errors)
        await reply.answer(scope, receive, send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        headers = by_name(scope["headers"])
        waits = headers.get(deadline.HEADER)
        by = None if waits is None else time_limit(waits)
        principal = await self._admit(headers)
        owner = self._guard.owner_for(principal)
        credentials = self._credentials(headers)
        body = None if self._body is None else await self._body.read(headers, receive)
        arguments = self._parameters.read(scope, headers)
        keyed = None
        if self.operation.idempotent:
            inputs = fingerprint(scope, arguments, body)
            keyed = self._keyed(headers, principal, inputs, partial(self._render, owner))
        if body is not None:
            arguments["body"] = body.value
        if self.operation.basic:
            arguments["credentials"] = credentials
        self._guard.narrow(arguments, owner, principal.subject)
        call = Call(
            principal=principal,
            traceparent=trace.current_traceparent(),
            keyed=keyed,
            check=partial(self._guard.check, owner=owner),
        )
        if by is None:
            outcome = await self._handler(call, **arguments)
        else:
            handle = partial(self._handler, call, **arguments)
            outcome = await answered_by(by, handle, is_safe=self._is_read)
        if isinstance(outcome, Problem):
            self._renderer.require_declared(outcome)
            self._guard.count(outcome, owner, principal.subject, scope["path"])
            return error_reply(outcome, scope, self.operation.errors)
        self._guard.check(outcome, owner)
        if self._is_read and (known := headers.get(b"if-none-match")) is not None:
            etag = getattr(outcome, "etag", None)
            if etag is not None and is_unchanged(known.decode("latin-1"), etag):
                return Reply(304, (("etag", etag),))
        return keyed.rendered(outcome) if keyed else self._renderer.render(outcome)

    def _render(self, owner: Owner, answer: Answer) -> Reply:
        """Render an answer before its transaction is committed."""
        self._guard.check(answer, owner)
        return self._renderer.render(answer)

    async def _admit(self, headers: dict[bytes, bytes]) -> Principal:
        authorization = headers.get(b"authorization")
        return await admit(
            self._access,
            None if authorization is None else authorization.decode("latin-1"),
            self.operation.scopes,
        )

    def _credentials(self, headers: dict[bytes, bytes]) -> Credentials | None:
        if self.operation.basic is None:
            return None
        required = self.operation.basic == "required"
        return read_credentials(headers.get(b"authorization"), required=required)

    def _keyed(
        self,
        headers: dict[bytes, bytes],
        principal: Principal,
        inputs: bytes,
        render: Callable[[Answer], Reply],
    ) -> IdempotentExecution:
        request = KeyedRequest(
            principal=principal.subject,
            operation=self.operation.id,
            key=read_key(headers.get(b"idempotency-key")),
            fingerprint=inputs,
        )
        return IdempotentExecution(request, render)


def _reader_of(operation: Operation) -> BodyReader | FormReader | None:
    if operation.body is None:
        return None
    limit = operation.body_limit_bytes
    if operation.form:
        return FormReader(operation.body, limit, omits_blank=operation.errors == "oauth")
    return BodyReader(operation.body, limit)


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
