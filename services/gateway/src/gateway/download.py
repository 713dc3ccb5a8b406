"""An answer on its way from a service to the client."""

import asyncio
import logging
from typing import Final

from starlette.types import Receive, Send

from gateway.headers import to_client
from gateway.upstream import Answer, UpstreamError

_log = logging.getLogger(__name__)


class Download:
    """Passes an answer on as it arrives, no faster than the client takes it.

    When the service breaks off in the middle, or the client stops taking, it ends without the last
    part: the server then cuts the connection, which is how the client can tell.
    """

    def __init__(self, service: str, answer: Answer, send: Send, client_seconds: float) -> None:
        self._service = service
        self._answer = answer
        self._send = send
        self._client_seconds: Final = client_seconds
        self._client_is_gone = False

    async def run(self, receive: Receive | None) -> None:
        """Pass all of it on. `receive` tells when the client goes; None when another listens."""
        answer = self._answer
        headers = to_client(answer.headers, answer.status)
        await self._send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )
        if answer.has_arrived:  # as nearly every answer has: in one packet with its head
            body = b"" if answer.is_complete else await answer.read()
            await self._send({"type": "http.response.body", "body": body})
        elif receive is None:
            await self._stream()
        else:
            await self._stream_while_there(receive)

    async def _stream_while_there(self, receive: Receive) -> None:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._close_when_gone(receive))
            await self._stream()
            watch.cancel()

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._client_is_gone = True
        self._answer.close()

    async def _stream(self) -> None:
        try:
            while not self._answer.is_complete:
                await self._send_part(await self._answer.read(), more=True)
            await self._send_part(b"", more=False)
        except UpstreamError as error:
            if not self._client_is_gone:
                _log.warning("%s broke off in the middle of its answer: %s", self._service, error)
        except TimeoutError:
            _log.info("a client took nothing of its answer for %g s", self._client_seconds)

    async def _send_part(self, body: bytes, *, more: bool) -> None:
        async with asyncio.timeout(self._client_seconds):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
