"""A fake HTTP service that sends the bytes that a test prescribes, also invalid ones.

async def answer(exchange: Exchange) -> None:
    await exchange.read_body()
    await exchange.write(OK)

async with FakeHttpService(answer) as service: ...
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from waybill_toolkit.testing.eventually import eventually

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Exchange:
    """One request and its answer."""

    def __init__(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.fields = [(name.lower(), value) for name, value in (f.split(": ", 1) for f in fields)]
        self.body = b""
        self._reader = reader
        self._writer = writer

    def header(self, name: str) -> list[str]:
        """Return all values of a header, decoded as Latin-1."""
        return [value for each, value in self.fields if each == name]

    async def read_some(self) -> bytes:
        """Wait for more bytes from the gateway; none when it has closed the connection."""
        try:
            return await self._reader.read(65536)
        except ConnectionError:
            return b""

    async def read_body(self) -> bytes:
        """Read all of the body, by its length or in chunks."""
        if self.header("transfer-encoding") == ["chunked"]:
            while size := int(await self._reader.readline(), 16):
                self.body += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readline()
        elif length := self.header("content-length"):
            self.body = await self._reader.readexactly(int(length[0]))
        return self.body

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def finish(self) -> None:
        """Close the connection after all data has been sent."""
        self._writer.close()
        await self._writer.wait_closed()

    def cut(self) -> None:
        """Abort the connection."""
        self._writer.transport.abort()


Handler = Callable[[Exchange], Awaitable[None]]


async def answer_ok(exchange: Exchange) -> None:
    await exchange.read_body()
    await exchange.write(OK)


class FakeHttpService:
    """Listens on a free port of this machine while it is entered, and records the requests.

    It can be stopped, and started again on the same port.
    """

    def __init__(
        self, handler: Handler = answer_ok, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.handler = handler
        self.asked: list[Exchange] = []
        self.closed = asyncio.Event()
        """Set when the gateway or the handler has closed a connection."""
        self.host = host
        self.port = port
        self.connections = 0
        """The number of connections."""
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def until_asked(self, *asking: asyncio.Task[object]) -> None:
        """Wait for the first request. Raises NotReachedError, at once when the client has ended."""

        async def look() -> list[str]:
            return [each.target for each in self.asked]

        await eventually(
            "a request", look, bool, fails=lambda _: any(task.done() for task in asking)
        )

    async def stop(self) -> None:
        """Stop listening and abort all connections."""
        if self._server:
            self._server.close()
            self._server = None
        serving = dict(self._serving)
        for task, writer in serving.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (the server makes one for each connection)
        self._serving[task] = writer
        try:
            while not writer.transport.is_closing():
                exchange = Exchange(await reader.readuntil(b"\r\n\r\n"), reader, writer)
                self.asked.append(exchange)
                await self.handler(exchange)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the last one comes from `stop` alone
        finally:
            del self._serving[task]
            writer.transport.abort()
            self.closed.set()
