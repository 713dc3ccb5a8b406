"""Responses of a broker are read as they arrive, in whatever pieces."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest
from typing_extensions import override

from waybill.kafka.responses import read_directly

FRAMES: Final = [b"first", b"", b"third" * 100_000]
SENT: Final = b"".join(len(frame).to_bytes(4, "big") + frame for frame in FRAMES)


class Task:
    is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Before(asyncio.Protocol):
    """The protocol that aiokafka has set."""

    is_lost = False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = exc is None


class Transport:
    protocol: asyncio.Protocol

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self.protocol = protocol


class Connection:
    """What is used of a connection of aiokafka."""

    def __init__(self) -> None:
        self._read_task, self._protocol, self._writer = Task(), Before(), self
        self.transport = Transport()
        self.frames: list[bytes] = []
        self.closed_for: list[Any] = []
        self.fails = False

    def _handle_frame(self, frame: bytes) -> None:
        if self.fails:
            raise IndexError("no request is under way")
        self.frames.append(frame)

    def close(self, reason: object, exc: object) -> None:
        self.closed_for.append(exc)
        self.reason = reason


@pytest.fixture
def connection() -> Connection:
    connection = Connection()
    read_directly(connection)
    assert connection._read_task.is_cancelled
    return connection


def pieces_of(size: int) -> list[bytes]:
    return [SENT[at : at + size] for at in range(0, len(SENT), size)]


@pytest.mark.parametrize("size", [3, 4, 5, 7, 65_536, len(SENT)])
def test_responses_are_whole_when_they_arrive_in_pieces(connection: Connection, size: int) -> None:
    for piece in pieces_of(size) if size > 100 else [*pieces_of(size)[:4], SENT[4 * size :]]:
        connection.transport.protocol.data_received(piece)
    assert connection.frames == FRAMES
    assert not connection.closed_for


def test_connection_is_closed_when_a_response_cannot_be_read(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.fails = True
    connection.transport.protocol.data_received(SENT)
    assert [type(each) for each in connection.closed_for] == [IndexError]
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    "ends",
    [lambda protocol: protocol.eof_received(), lambda protocol: protocol.connection_lost(None)],
)
def test_connection_is_closed_when_the_broker_closes_it(
    connection: Connection, ends: Callable[[asyncio.Protocol], None]
) -> None:
    ends(connection.transport.protocol)
    assert len(connection.closed_for) == 1


def test_whoever_waits_for_the_end_learns_of_it(connection: Connection) -> None:
    connection.transport.protocol.connection_lost(None)
    assert connection._protocol.is_lost
