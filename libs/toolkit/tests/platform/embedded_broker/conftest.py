"""Fixtures of the broker's tests."""

import asyncio
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from waybill_toolkit.platform.embedded_broker.connections import Connections
from waybill_toolkit.platform.embedded_broker.home import open_home
from waybill_toolkit.platform.embedded_broker.requests import Requests
from waybill_toolkit.platform.embedded_broker.unfinished import Unfinished
from waybill_toolkit.platform.embedded_broker.users import Users
from waybill_toolkit.platform.embedded_broker.wire import Connection
from waybill_toolkit.platform.ports import free_port

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], AbstractAsyncContextManager[Client]]


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Simulate a full disk: writes beyond a file size are cut off."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Give a function that starts a broker, and returns a way to connect and its address."""
    servers: list[asyncio.Server] = []

    async def start(
        unfinished: Unfinished | None = None,
        users: Users | None = None,
        connections: Connections | None = None,
    ) -> tuple[Connect, str]:
        home = tmp_path / "broker"
        open_home(home)
        port = free_port()
        requests = Requests(home, "127.0.0.1", port, users)
        protocol = partial(
            Connection, requests, unfinished or Unfinished(), connections or Connections()
        )
        servers.append(await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port))

        @asynccontextmanager
        async def connect() -> AsyncIterator[Client]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                yield reader, writer
            finally:
                writer.close()

        return connect, f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.close()
