import asyncio

import httpx
import pytest
from starlette.routing import Router

from waybill.process import health
from waybill.process.health import Check, Liveness, Readiness, mount_health


def client(reason: str | None = None, **checks: Check) -> httpx.AsyncClient:
    router = Router()
    mount_health(router, Liveness(lambda: True), Readiness(checks, lambda: reason))
    return httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://orders.test")


async def well() -> None:
    pass


async def ill() -> None:
    raise ConnectionRefusedError("postgresql://orders:hunter2@db")


async def test_ready_when_all_checks_pass() -> None:
    response = await client(database=well, broker=well).get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_not_ready_names_the_checks_that_failed_and_no_more() -> None:
    response = await client(database=ill, broker=well).get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "failed": ["database"]}


async def test_not_ready_when_a_check_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS_MAX", 0.001)
    response = await client(database=asyncio.Event().wait).get("/health/ready")
    assert response.json()["failed"] == ["database"]


async def test_not_ready_but_alive_when_the_process_is_stopping() -> None:
    stopping = client("stopping", database=well)
    response = await stopping.get("/health/ready")
    assert (response.status_code, response.json()) == (503, {"status": "stopping"})
    response = await stopping.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
