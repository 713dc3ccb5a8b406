"""Streams a response from a service to the client."""

import asyncio
import logging
from typing import Final

from starlette.types import Receive, Send

from gateway.guards import Fields
from gateway.headers import to_client
from gateway.upstream import Answer
from waybill.calls.transport import UpstreamError
from waybill.http.streaming import until_stop

_log = logging.getLogger(__name__)

_EVENTS: Final = b"text/event-stream"


class Download:
    """Forwards a response as it arrives, with backpressure from the client.

    When the service ends the connection early or the client stops reading, the response remains
    incomplete. The server then closes the connection, so that the client detects it.
    """

    def __init__(
        self, service: str, answer: Answer, added: Fields, send: Send, client_seconds: float
    ) -> None:
        """Forward `answer`, with header fields of the gateway itself."""
        self._service = service
        self._answer = answer
        self._added = added
        self._send = send
        self._client_seconds: Final = client_seconds
        self._client_is_gone = False
        self._is_over = False

    async def run(self, receive: Receive) -> None:
        """Forward the response. `receive` detects that the client disconnects."""
        answer = self._answer
        headers = to_client(answer.headers, answer.status, self._added)
        await self._send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )
        if not await self._forward():
            return  # the usual case: the whole response was in one packet
        await self._forward_rest_until_gone(receive)

    async def _forward_rest_until_gone(self, receive: Receive) -> None:
        with until_stop() as over:
            async with asyncio.TaskGroup() as group:
                watches = [group.create_task(self._close_when_gone(receive))]
                if _is_stream(self._answer):
                    watches.append(group.create_task(self._close_when_over(over)))
                await self._forward_rest()
                for watch in watches:
                    watch.cancel()
        if self._is_over:
            await self._send({"type": "http.response.body", "body": b""})

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._client_is_gone = True
        self._answer.close()

    async def _close_when_over(self, over: asyncio.Event) -> None:
        """End a stream of events when the gateway stops: its client connects again, elsewhere."""
        await over.wait()
        self._is_over = True
        self._answer.close()

    async def _forward_rest(self) -> None:
        while await self._forward():
            pass

    async def _forward(self) -> bool:
        """Forward the available data; False when the response has ended or failed."""
        try:
            body = await self._answer.read()
            more = not self._answer.is_complete
            async with asyncio.timeout(self._client_seconds):
                await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except UpstreamError as error:
            if not (self._client_is_gone or self._is_over):
                _log.warning("%s ended its response early: %s", self._service, error)
            return False
        except TimeoutError:
            _log.info("a client read nothing of its response for %g s", self._client_seconds)
            return False
        return more


def _is_stream(answer: Answer) -> bool:
    types = (value for name, value in answer.headers if name.lower() == b"content-type")
    return any(value.startswith(_EVENTS) for value in types)
