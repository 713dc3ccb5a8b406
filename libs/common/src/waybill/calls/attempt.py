"""Sends one request of a call, and says what its outcome means."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, Generic

import aiohttp

from waybill import deadline, trace
from waybill.calls import transport
from waybill.calls.errors import NotExecutedError, RefusedError, UnansweredError
from waybill.calls.operation import CalledOperation, FieldLines, Result, WrongAnswerError
from waybill.calls.targets import NoTargetError, Target, Targets
from waybill.calls.transport import Request, UnreachableError, UpstreamError

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024

_BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses of a service, or of a proxy in front, that is not able to answer now."""
_NOT_EXECUTED: Final = 429


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    fields: FieldLines
    content: bytes


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Result]):
    """One request of a call; the next one goes to the next address."""

    operation: CalledOperation[Result]
    request: Request
    targets: Targets
    session: aiohttp.ClientSession

    async def make(self, seconds: float, *, is_short: bool) -> Result:
        """Send the request; wait so long for its response. Raises CallError.

        With `is_short` the caller waits less than the service may take: a late answer says nothing
        about the service.
        """
        name = self.targets.name
        if seconds <= 0:
            raise NotExecutedError(name, "no time is left", is_final=True)
        try:
            target = self.targets.pick()
        except NoTargetError as error:
            raise NotExecutedError(name, str(error), is_final=True) from error
        try:
            async with asyncio.timeout(seconds):
                response = await self._exchange(target, seconds)
        except UnreachableError as error:
            target.breaker.record(has_answered=False)
            raise NotExecutedError(name, str(error)) from error
        except UpstreamError as error:
            target.breaker.record(has_answered=False)
            raise UnansweredError(name, str(error)) from error
        except TimeoutError as error:
            if not is_short:
                target.breaker.record(has_answered=False)
            reason = f"no response within {seconds:.3g} s"
            raise UnansweredError(name, reason, is_final=True) from error
        target.breaker.record(has_answered=response.status not in _BUSY)
        return self._read(response)

    async def _exchange(self, target: Target, seconds: float) -> _Response:
        context = trace.current() or trace.begin()
        headers = [
            *self.request.headers,
            ("traceparent", context.traceparent),
            (deadline.HEADER.decode(), deadline.written(seconds)),
        ]
        request = replace(self.request, headers=headers)
        response = await transport.send(self.session, target, request)
        try:
            content = await _content(response)
        finally:
            response.close()
        names = {name.lower() for name in response.headers}
        lines = {name: response.headers.getall(name) for name in names}
        return _Response(response.status, lines, content)

    def _read(self, response: _Response) -> Result:
        name = self.targets.name
        try:
            found = self.operation.read(response.status, response.fields, response.content)
        except WrongAnswerError as error:
            raise RefusedError(name, str(error)) from error
        if found is not None:
            return found
        reason = f"status {response.status}"
        if response.status not in _BUSY:
            raise RefusedError(name, f"{self.operation.id}, {reason}")
        after = response.fields.get("retry-after", [""])[0]
        seconds = int(after) if after.isascii() and after.isdigit() else None
        kind = NotExecutedError if response.status == _NOT_EXECUTED else UnansweredError
        raise kind(name, reason, retry_after=seconds)


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """Read the whole body. Raises UpstreamError."""
    content = bytearray()
    try:
        async for part in response.content.iter_any():
            content += part
            if len(content) > ANSWER_BYTES_MAX:
                raise transport.BrokenOffError(f"the body has more than {ANSWER_BYTES_MAX} bytes")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise transport.explained(error) from error
    return bytes(content)
