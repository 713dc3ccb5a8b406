"""A service that its brokers refuse is not ready, and says what to change."""

import asyncio

from fastapi.testclient import TestClient

from waybill.process.factory import build
from waybill.process.service import Service
from waybill.process.settings import ProcessSettings

REASON = "relay: topic orders.order-events.v1 does not exist: create it"


class Part:
    name = "relay"
    refusal: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


def test_readiness_has_the_reason_until_the_brokers_accept_the_service() -> None:
    part = Part()

    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(background=[part])

    app = build(ProcessSettings(service="orders", allowed_hosts="*"), assemble)
    with TestClient(app) as client:
        assert client.get("/health/ready").status_code == 200
        part.refusal = REASON
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, REASON)
        assert client.get("/health/live").status_code == 200
        part.refusal = None
        assert client.get("/health/ready").status_code == 200
