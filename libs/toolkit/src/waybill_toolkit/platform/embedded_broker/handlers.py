"""How a request is handled: from its bytes to those of its answer."""

import asyncio
from collections.abc import Callable, Mapping
from io import BytesIO
from struct import error
from typing import Any, Final, NamedTuple, TypeAlias

from aiokafka.protocol.group import (  # type: ignore[import-untyped]
    JoinGroupRequest,
    SyncGroupRequest,
)

from waybill_toolkit.platform.embedded_broker.error_codes import Answering, Request

Kind: TypeAlias = Any
"""The class of a request; aiokafka is untyped."""

_NO_TAGS: Final = b"\0"
_OF_MEMBERS: Final = {JoinGroupRequest.API_KEY, SyncGroupRequest.API_KEY}


class UnreadableError(Exception):
    """The data is not a supported request; the connection is closed."""


class Later(NamedTuple):
    """An answer that is not there yet: `encoded` returns it when `ready` is done."""

    ready: asyncio.Future[Any]
    encoded: Callable[[], bytes]
    is_for_member: bool = False
    """Whether it makes the client a member of a group, which must be able to send heartbeats."""


Handler: TypeAlias = Callable[[bytes, int], bytes | Later]
"""Takes a frame, and where in it the fields begin. Raises UnreadableError."""

Handlers: TypeAlias = Mapping[tuple[int, int], Handler]
"""By the key and the version of the request."""


def by_schema(kind: Kind, handler: Answering) -> Handler:
    """Decode the requests and encode the answers of a handler with aiokafka's classes."""
    tags = _NO_TAGS if kind.FLEXIBLE_VERSION else b""

    async def answer(request: Request) -> bytes:
        encoded: bytes = kind.RESPONSE_TYPE(*await handler(request)).encode()
        return tags + encoded

    def handle(frame: bytes, at: int) -> Later:
        body = BytesIO(frame)
        body.seek(at + len(tags))
        try:
            request = kind.decode(body)
        except (ValueError, error) as fault:
            raise UnreadableError(f"{kind.__name__}: {fault}") from fault
        answering = asyncio.ensure_future(answer(request))
        return Later(answering, answering.result, kind.API_KEY in _OF_MEMBERS)

    return handle
