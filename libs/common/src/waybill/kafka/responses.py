"""Reads responses where they arrive.

aiokafka reads each response from a stream in a task of its own, which is resumed twice: for the
length and for the rest. At low rates nearly every response comes alone and in one piece, so it can
be decoded when the transport receives it, without a stream and a task.
"""

import asyncio
import logging
from struct import Struct
from typing import Final

from aiokafka.conn import AIOKafkaConnection, CloseReason  # type: ignore[import-untyped]
from typing_extensions import override

_log = logging.getLogger(__name__)

_LENGTH: Final = Struct(">i")


def read_directly(connection: AIOKafkaConnection) -> None:
    """Read the responses of a connection, which has none under way, in place of aiokafka."""
    # aiokafka has no public name for these. Its task ends before anything else can arrive.
    connection._read_task.cancel()  # noqa: SLF001
    responses = _Responses(connection, connection._protocol)  # noqa: SLF001
    connection._writer.transport.set_protocol(responses)  # noqa: SLF001


class _Responses(asyncio.Protocol):
    def __init__(self, connection: AIOKafkaConnection, before: asyncio.Protocol) -> None:
        self._connection = connection
        self._before = before
        """Whoever closes the connection may wait until this one learns that it is lost."""
        self._rest = b""

    @override
    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0
        try:
            while len(data) - at >= _LENGTH.size:
                end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
                if end > len(data):
                    break
                self._connection._handle_frame(data[at + _LENGTH.size : end])  # noqa: SLF001
                at = end
        except Exception as error:  # noqa: BLE001 - the connection is closed, whatever it is
            _log.exception("the response of a broker cannot be read")
            self._close(error)
            return
        self._rest = data[at:]

    @override
    def eof_received(self) -> None:
        self._close(EOFError("the broker has closed the connection"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._close(exc)
        self._before.connection_lost(exc)

    def _close(self, error: Exception | None) -> None:
        self._connection.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
