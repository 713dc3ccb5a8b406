from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio

from waybill.calls import ServiceClient
from waybill.calls.client import Waiting
from waybill.calls.resolvers import FixedAddresses
from waybill.calls.targets import Targets
from waybill.calls.transport import open_session
from waybill_toolkit.testing.fake_http_service import FakeHttpService


@dataclass
class ManualTime:
    """A clock that pauses move, and tests."""

    now: float = 100.0
    pauses: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


Client = Callable[..., ServiceClient]


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest_asyncio.fixture
async def service() -> AsyncIterator[FakeHttpService]:
    async with FakeHttpService() as service:
        yield service


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session(tls=None, connections_max=10, connect_seconds=1.0) as session:
        yield session


@pytest.fixture
def client_of(session: aiohttp.ClientSession, time: ManualTime) -> Client:
    """Return a function that makes a client of services at these addresses."""

    async def token() -> str:
        return "secret"

    def make(*addresses: str, seconds: float = 5.0, **more: object) -> ServiceClient:
        waiting = Waiting(seconds=seconds, now=time.read, pause=time.pause, part=lambda: 1.0)
        targets = Targets("things", FixedAddresses(addresses), time.read)
        usual = {"targets": targets, "token": token, "waiting": waiting}
        return ServiceClient(**{**usual, "session": session, **more})  # type: ignore[arg-type]

    return make
