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
        if not await self._pass_on():
            return  # as nearly always: one packet held all of the answer
        if receive is None:
            await self._pass_rest_on()
        else:
            await self._pass_rest_on_while_there(receive)

    async def _pass_rest_on_while_there(self, receive: Receive) -> None:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._close_when_gone(receive))
            await self._pass_rest_on()
            watch.cancel()

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._client_is_gone = True
        self._answer.close()

    async def _pass_rest_on(self) -> None:
        while await self._pass_on():
            pass

    async def _pass_on(self) -> bool:
        """Pass on what has come; False when that was the last, or nothing more can follow."""
        try:
            body = await self._answer.read()
            more = not self._answer.is_complete
            async with asyncio.timeout(self._client_seconds):
                await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except UpstreamError as error:
            if not self._client_is_gone:
                _log.warning("%s broke off in the middle of its answer: %s", self._service, error)
            return False
        except TimeoutError:
            _log.info("a client took nothing of its answer for %g s", self._client_seconds)
            return False
        return more
