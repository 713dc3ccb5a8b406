"""Slow clients do not end a campaign when their server closes their connections, or is killed."""

import asyncio
import socket

import uvloop

from waybill_toolkit.lab.chaos.slow_clients import CLIENT_COUNT, slow_clients


def test_slow_clients_go_on_when_the_server_closes_their_connections() -> None:
    closed = 0

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal closed
        closed += 1
        writer.close()

    async def campaign() -> None:
        async with await asyncio.start_server(
            close, "127.0.0.1", 0, family=socket.AF_INET
        ) as server:
            port = server.sockets[0].getsockname()[1]
            await slow_clients(port, 1.1)

    uvloop.run(campaign())  # its transports refuse to write when they are closed

    assert closed == CLIENT_COUNT
