from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import gateway
from gateway.app import assemble
from gateway.settings import GatewaySettings
from waybill.app import build
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_http_service import FakeHttpService
from waybill_toolkit.testing.serving import serving

CONTRACT = Contract.load(Path(gateway.__file__).with_name("contract") / "openapi.json")
SERVICES = sorted({each.written["x-service"] for each in CONTRACT.operations})

Open = Callable[..., str]
OpenChecked = Callable[..., httpx.AsyncClient]


@pytest_asyncio.fixture
async def service() -> AsyncIterator[FakeHttpService]:
    """A fake for every service of the gateway."""
    async with FakeHttpService() as service:
        yield service


@pytest.fixture
def open_gateway(service: FakeHttpService) -> Iterator[Open]:
    """Return a function that runs a gateway for the fake service and returns its address."""
    with ExitStack() as running:

        def run(*, upstreams: Mapping[str, str] | None = None, **settings: object) -> str:
            there = {**dict.fromkeys(SERVICES, service.address), **(upstreams or {})}
            usual = {"upstreams": there, "access": "open"}
            chosen = GatewaySettings.model_validate({**usual, **settings})
            return running.enter_context(serving(build(chosen, assemble)))

        yield run


@pytest.fixture
def address(open_gateway: Open) -> str:
    """Run a gateway with default settings."""
    return open_gateway()


@pytest_asyncio.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


@pytest.fixture
def open_checked(open_gateway: Open) -> OpenChecked:
    """Return a function that runs a gateway and creates a client that checks every error."""

    async def check(response: httpx.Response) -> None:
        if response.is_error:
            await response.aread()
            CONTRACT.check(response)

    return lambda **settings: httpx.AsyncClient(
        base_url=open_gateway(**settings), event_hooks={"response": [check]}
    )


@pytest_asyncio.fixture
async def checked(open_checked: OpenChecked) -> AsyncIterator[httpx.AsyncClient]:
    async with open_checked() as client:
        yield client
