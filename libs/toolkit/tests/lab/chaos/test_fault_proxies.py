"""A fault proxy impairs one link and no other."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from waybill_toolkit.lab.chaos.fault_proxies import CLIENTS, FaultProxies, Link
from waybill_toolkit.platform.ports import LOOPBACK, free_port

HERE = Link("here", "echo")
CONNECT = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(b"x")
connection.recv(1)
print("connected", flush=True)
try:
    connection.recv(1)
except ConnectionResetError:
    sys.exit(0)
sys.exit(1)
"""


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def detour_to_an_echo(names: dict[int, str]) -> AsyncIterator[FaultProxies]:
    port = free_port()
    server = await asyncio.start_server(echo, LOOPBACK, port)
    fault_proxies = FaultProxies({"echo": port}, {}, lambda: names)
    async with server, fault_proxies.opened():
        yield fault_proxies


async def connect(fault_proxies: FaultProxies) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(LOOPBACK, fault_proxies.ports["echo"])


async def exchange(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes = b"hello"
) -> bytes:
    connection[1].write(data)
    return await connection[0].readexactly(len(data))


async def test_all_data_passes_without_faults() -> None:
    data = os.urandom(1_000_000)
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        assert await exchange(await connect(fault_proxies), data) == data


async def test_nothing_comes_through_until_it_is_mended_when_a_link_is_cut() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        connection = await connect(fault_proxies)
        await exchange(connection)
        fault_proxies.state(HERE).clear.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(exchange(connection), 0.05)
        fault_proxies.heal()
        assert await connection[0].readexactly(5) == b"hello"


async def test_answers_come_late_when_a_link_is_slow() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        fault_proxies.state(HERE).delay_seconds = 0.05
        loop = asyncio.get_running_loop()
        began = loop.time()
        await exchange(await connect(fault_proxies))
        assert loop.time() - began >= 0.1  # there and back


async def test_bytes_come_at_their_rate_when_a_link_is_throttled() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        fault_proxies.state(HERE).bytes_per_second = 50_000
        loop = asyncio.get_running_loop()
        began = loop.time()
        await exchange(await connect(fault_proxies), bytes(5_000))
        assert loop.time() - began >= 0.2  # there and back


async def test_the_connection_breaks_when_its_link_is_reset() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        connection = await connect(fault_proxies)
        await exchange(connection)
        assert fault_proxies.reset(HERE) == 1
        with pytest.raises(ConnectionResetError):
            await connection[0].read()


async def test_only_the_link_of_that_process_is_bad_when_another_one_connects() -> None:
    async with detour_to_an_echo({}) as fault_proxies:
        fault_proxies.state(HERE).clear.clear()
        assert await exchange(await connect(fault_proxies)) == b"hello"
        assert fault_proxies.reset(Link(CLIENTS, "echo")) == 1


async def test_a_child_process_has_the_link_of_its_parent() -> None:
    async with detour_to_an_echo({os.getpid(): "here"}) as fault_proxies:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CONNECT, str(fault_proxies.ports["echo"])), stdout=PIPE
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"connected\n"
        assert fault_proxies.reset(HERE) == 1
        assert await child.wait() == 0


async def test_clients_have_a_separate_port_when_a_server_has_another_client() -> None:
    port = free_port()
    server = await asyncio.start_server(echo, LOOPBACK, port)
    fault_proxies = FaultProxies({"echo": port}, {"echo": "gateway"}, dict)
    async with server, fault_proxies.opened():
        inside = await connect(fault_proxies)
        outside = await asyncio.open_connection(LOOPBACK, fault_proxies.client_ports["echo"])
        await exchange(inside)
        await exchange(outside)
        assert fault_proxies.reset(Link("gateway", "echo")) == 1
        assert await exchange(outside) == b"hello"


async def test_connection_breaks_without_a_listener() -> None:
    fault_proxies = FaultProxies({"echo": free_port()}, {}, dict)
    async with fault_proxies.opened():
        connection = await connect(fault_proxies)
        with pytest.raises(ConnectionResetError):
            await connection[0].read()
