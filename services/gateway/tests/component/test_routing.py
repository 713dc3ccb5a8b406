"""Requests are routed by the merged contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import pytest
import pytest_asyncio
from services.gateway.tests.tokens import token_file

import gateway
from gateway.app import assemble
from gateway.settings import GatewaySettings
from waybill.app import build
from waybill.calls.directory import MissingUpstreamError
from waybill_toolkit.testing.contract_check import Contract, DeclaredOperation
from waybill_toolkit.testing.fake_http_service import FakeHttpService
from waybill_toolkit.testing.serving import serving

if TYPE_CHECKING:
    from services.gateway.tests.conftest import OpenChecked

CONTRACT_FOLDER: Final = Path(gateway.__file__).with_name("contract")
CONTRACT: Final = Contract.load(CONTRACT_FOLDER / "openapi.json")
SERVICES: Final = sorted({each.written["x-service"] for each in CONTRACT.operations})


@pytest_asyncio.fixture
async def services() -> AsyncIterator[Mapping[str, FakeHttpService]]:
    """Run a fake for each service."""
    async with AsyncExitStack() as running:
        yield {name: await running.enter_async_context(FakeHttpService()) for name in SERVICES}


async def test_every_operation_of_every_contract_is_forwarded_to_its_service(
    services: Mapping[str, FakeHttpService],
) -> None:
    upstreams = {name: service.address for name, service in services.items()}
    settings = GatewaySettings.model_validate({"upstreams": upstreams, "access": "open"})
    with serving(build(settings, assemble)) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            for operation in CONTRACT.operations:
                await _ask(client, operation, services[operation.written["x-service"]])
    assert sum(len(service.asked) for service in services.values()) == len(CONTRACT.operations)


async def _ask(
    client: httpx.AsyncClient, operation: DeclaredOperation, service: FakeHttpService
) -> None:
    path = operation.path.replace("{", "").replace("}", "")
    content = b"{}" if "requestBody" in operation.written else None
    response = await client.request(operation.method, path, content=content)
    assert response.status_code == 200
    assert (service.asked[-1].method, service.asked[-1].target) == (operation.method, path)


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/nothing", "/v1//orders", "/v1/orders/", "/v1/orders/1/2/3", "/v1/../orders"],
)
async def test_an_unknown_path_is_not_found_and_not_forwarded(
    address: str, service: FakeHttpService, path: str
) -> None:
    async with CONTRACT.client(base_url=address) as client:
        response = await client.get(path)

    assert response.status_code == 404
    assert service.asked == []


async def test_a_wrong_method_is_refused_with_the_allowed_ones_and_not_forwarded(
    address: str, service: FakeHttpService
) -> None:
    async with CONTRACT.client(base_url=address) as client:
        for path in {each.path for each in CONTRACT.operations}:
            response = await client.request("TRACE", path.replace("{", "").replace("}", ""))
            assert response.status_code == 405

    assert service.asked == []


@pytest.mark.parametrize("path", ["/health/secret", "/docs/secret", "/openapi.json/secret"])
async def test_paths_outside_of_the_contracts_are_not_forwarded(
    client: httpx.AsyncClient, service: FakeHttpService, path: str
) -> None:
    assert (await client.get(path)).status_code == 404
    assert service.asked == []


async def test_the_contracts_are_served(open_checked: OpenChecked, tmp_path: Path) -> None:
    client = open_checked(access=token_file(tmp_path))
    merged = await client.get("/openapi.json")
    here = {"servers": [{"url": str(client.base_url).rstrip("/")}]}
    assert merged.json() == json.loads((CONTRACT_FOLDER / "openapi.json").read_bytes()) | here
    for name in SERVICES:
        events = await client.get(f"/asyncapi/{name}.json")
        written = files(f"{name}.contract").joinpath("asyncapi.json").read_bytes()
        assert (events.headers["content-type"], events.content) == ("application/json", written)
    assert (await client.get("/docs")).status_code == 200
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


async def test_it_does_not_start_when_the_address_of_a_service_is_missing() -> None:
    settings = GatewaySettings(upstreams={"orders": "http://127.0.0.1:1"}, access="open")

    with pytest.raises(
        MissingUpstreamError, match="WAYBILL_UPSTREAMS lacks the address of catalog"
    ):
        await assemble(settings)
