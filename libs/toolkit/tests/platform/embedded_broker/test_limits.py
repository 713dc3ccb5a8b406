"""Clients of the embedded broker that take memory, time or a group, and give nothing."""

import asyncio
from struct import pack, unpack_from
from typing import Any

import pytest
from aiokafka.protocol.admin import ApiVersionRequest_v0  # type: ignore[import-untyped]
from aiokafka.protocol.group import (  # type: ignore[import-untyped]
    JoinGroupRequest_v2,
    JoinGroupResponse_v2,
)

from waybill_toolkit.platform.embedded_broker.unfinished import Unfinished

MIB = 1024 * 1024
LONG = 30.0
"""Only a broken broker reaches this timeout."""
INVALID_SESSION_TIMEOUT = 26
DAYS_24_MS = 2**31 - 1

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def framed(request: Any) -> bytes:
    head = pack(">hhih", request.API_KEY, request.API_VERSION, 7, 2) + b"me"
    body: bytes = head + request.encode()
    return pack(">i", len(body)) + body


async def answered(client: Client, request: Any) -> bytes:
    reader, writer = client
    writer.write(framed(request))
    async with asyncio.timeout(LONG):
        frame = await reader.readexactly(unpack_from(">i", await reader.readexactly(4))[0])
    return frame[4:]


async def closed(client: Client) -> None:
    async with asyncio.timeout(LONG):
        assert await client[0].read() == b""


@pytest.mark.parametrize("sent", [b"", pack(">i", 100), pack(">i", 100) + b"x" * 99])
async def test_connection_without_a_whole_request_is_closed(broker: Any, sent: bytes) -> None:
    connect, _ = await broker(Unfinished(seconds_max=0.2))
    async with connect() as client:
        client[1].write(sent)
        await closed(client)


async def test_a_half_request_after_others_is_closed_and_an_idle_client_is_not(broker: Any) -> None:
    connect, _ = await broker(Unfinished(seconds_max=0.2))
    async with connect() as idle, connect() as slow:
        for client in (idle, slow):
            await answered(client, ApiVersionRequest_v0())
        slow[1].write(b"\0")
        await closed(slow)
        assert await answered(idle, ApiVersionRequest_v0())


async def test_half_requests_of_many_clients_are_bounded_together_and_small_ones_go_on(
    broker: Any,
) -> None:
    connect, _ = await broker(Unfinished(bytes_max=4 * MIB))
    half = pack(">i", 3 * MIB) + b"x" * (2 * MIB)
    async with connect() as first, connect() as second, connect() as small:
        small[1].write(framed(ApiVersionRequest_v0())[:9])
        await small[1].drain()
        first[1].write(half)
        second[1].write(half)
        reads = [asyncio.ensure_future(closed(each)) for each in (first, second)]
        async with asyncio.timeout(LONG):
            ended, open_ = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
        assert len(ended) == len(open_) == 1
        for each in open_:
            each.cancel()
        small[1].write(framed(ApiVersionRequest_v0())[9:])
        async with asyncio.timeout(LONG):
            assert await small[0].readexactly(4)


async def test_a_request_that_is_too_large_is_refused_by_its_length(broker: Any) -> None:
    connect, _ = await broker(Unfinished())
    async with connect() as client:
        client[1].write(pack(">i", 32 * MIB + 1) + b"x" * 100)
        await closed(client)


def join(session_ms: int, rebalance_ms: int, member_id: str = "") -> Any:
    return JoinGroupRequest_v2(
        "group", session_ms, rebalance_ms, member_id, "consumer", [("range", b"topics")]
    )


@pytest.mark.parametrize("session_ms", [DAYS_24_MS, 300_001, 999, 0, -1])
async def test_a_session_outside_of_the_limits_is_refused(broker: Any, session_ms: int) -> None:
    connect, _ = await broker(Unfinished())
    async with connect() as client:
        joined = JoinGroupResponse_v2.decode(await answered(client, join(session_ms, DAYS_24_MS)))
    assert joined.error_code == INVALID_SESSION_TIMEOUT


async def test_a_stranger_that_joins_and_closes_its_connection_does_not_block_the_group(
    broker: Any,
) -> None:
    connect, _ = await broker(Unfinished())
    async with connect() as client:
        first = JoinGroupResponse_v2.decode(await answered(client, join(300_000, 300_000)))
        assert first.error_code == 0
        async with connect() as stranger:
            stranger[1].write(framed(join(300_000, DAYS_24_MS)))
            stranger[1].write_eof()
            await closed(stranger)
        again = join(300_000, 300_000, first.member_id)
        joined = JoinGroupResponse_v2.decode(await answered(client, again))
    assert [member for member, *_ in joined.members] == [first.member_id]
