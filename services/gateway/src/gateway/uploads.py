"""Receives the bodies of requests.

A connection to a service is used only for a body that has arrived completely, so clients that send
slowly hold up nobody. Bodies are small: every operation has a limit, see `x-body-limit-bytes`.
"""

import asyncio
from typing import Final

from starlette.types import Receive

from waybill.http.body import receive_body
from waybill.http.problems import ProblemError, RequestTimeout


class Uploads:
    """The bodies that are arriving at this gateway: limited in time and in number."""

    def __init__(self, seconds_max: float, count_max: int) -> None:
        """Allow `seconds_max` for a whole body, and `count_max` of them at the same time.

        When there are more, the one that has been arriving for the longest time is refused: it is
        slower than all others.
        """
        self._seconds_max: Final = seconds_max
        self._count_max: Final = count_max
        self._arriving: dict[asyncio.Timeout, None] = {}

    async def receive(
        self, declared_length: bytes | None, limit_bytes: int, receive: Receive
    ) -> bytes:
        """Return a whole body. Raises ProblemError, or ClientGoneError."""
        try:
            async with asyncio.timeout(self._seconds_max) as timeout:
                self._make_room()
                self._arriving[timeout] = None
                try:
                    return await receive_body(declared_length, limit_bytes, receive)
                finally:
                    self._arriving.pop(timeout, None)
        except TimeoutError:
            detail = "The body arrived too slowly; send the request again."
            raise ProblemError(RequestTimeout(detail=detail)) from None

    def _make_room(self) -> None:
        if len(self._arriving) >= self._count_max:
            oldest = next(iter(self._arriving))
            del self._arriving[oldest]
            oldest.reschedule(asyncio.get_running_loop().time())
