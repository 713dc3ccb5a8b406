"""A detour makes one link bad, in one way at a time, and leaves all others alone."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from waybill_toolkit.lab.chaos.fault_proxies import CLIENTS, Detours, Link
from waybill_toolkit.platform.ports import LOOPBACK, free_port

HERE = Link("here", "echo")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def detour_to_an_echo(names: dict[int, str]) -> AsyncIterator[Detours]:
    port = free_port()
    server = await asyncio.start_server(echo, LOOPBACK, port)
    detours = Detours({"echo": port}, {}, lambda: names)
    async with server, detours.opened():
        yield detours


async def connect(detours: Detours) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(LOOPBACK, detours.ports["echo"])


async def exchange(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes = b"hello"
) -> bytes:
    connection[1].write(data)
    return await connection[0].readexactly(len(data))


async def test_all_comes_through_when_the_weather_is_fine() -> None:
    data = os.urandom(1_000_000)
    async with detour_to_an_echo({os.getpid(): "here"}) as detours:
        assert await exchange(await connect(detours), data) == data


async def test_nothing_comes_through_until_it_is_mended_when_a_link_is_cut() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as detours:
        connection = await connect(detours)
        await exchange(connection)
        detours.weather(HERE).clear.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(exchange(connection), 0.05)
        detours.clear_up()
        assert await connection[0].readexactly(5) == b"hello"


async def test_answers_come_late_when_a_link_is_slow() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as detours:
        detours.weather(HERE).delay_seconds = 0.05
        loop = asyncio.get_running_loop()
        began = loop.time()
        await exchange(await connect(detours))
        assert loop.time() - began >= 0.1  # there and back


async def test_bytes_come_at_their_rate_when_a_link_is_throttled() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as detours:
        detours.weather(HERE).bytes_per_second = 50_000
        loop = asyncio.get_running_loop()
        began = loop.time()
        await exchange(await connect(detours), bytes(5_000))
        assert loop.time() - began >= 0.2  # there and back


async def test_the_connection_breaks_when_its_link_is_reset() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as detours:
        connection = await connect(detours)
        await exchange(connection)
        assert detours.reset(HERE) == 1
        with pytest.raises(ConnectionResetError):
            await connection[0].read()


async def test_only_the_link_of_that_process_is_bad_when_another_one_connects() -> None:
    async with detour_to_an_echo({}) as detours:
        detours.weather(HERE).clear.clear()
        assert await exchange(await connect(detours)) == b"hello"
        assert detours.reset(Link(CLIENTS, "echo")) == 1


async def test_clients_have_a_door_of_their_own_when_a_server_has_one_client_else() -> None:
    port = free_port()
    server = await asyncio.start_server(echo, LOOPBACK, port)
    detours = Detours({"echo": port}, {"echo": "gateway"}, dict)
    async with server, detours.opened():
        inside = await connect(detours)
        outside = await asyncio.open_connection(LOOPBACK, detours.doors["echo"])
        await exchange(inside)
        await exchange(outside)
        assert detours.reset(Link("gateway", "echo")) == 1
        assert await exchange(outside) == b"hello"


async def test_the_connection_breaks_when_nobody_listens() -> None:
    detours = Detours({"echo": free_port()}, {}, dict)
    async with detours.opened():
        connection = await connect(detours)
        with pytest.raises(ConnectionResetError):
            await connection[0].read()
