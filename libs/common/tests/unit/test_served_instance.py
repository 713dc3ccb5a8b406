"""The served contracts say what this instance enforces and where it is."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from waybill.docs import mount_docs
from waybill.docs.instance import Instance
from waybill.process.settings import Settings

Json = dict[str, Any]

READ: Json = {"operationId": "get_order", "security": [{"bearer": ["orders:read"]}]}
API: Json = {
    "openapi": "3.1.0",
    "servers": [{"url": "/"}],
    "paths": {"/v1/orders": {"parameters": [], "get": READ}},
    "components": {
        "schemas": {},
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
}
EVENTS: Json = {"asyncapi": "3.0.0", "channels": {}}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(API))
    (tmp_path / "asyncapi").mkdir()
    (tmp_path / "asyncapi" / "orders.json").write_text(json.dumps(EVENTS))
    return tmp_path


async def _served(package: Path, path: str, instance: Instance) -> Json:
    router = Router()
    mount_docs(router, "orders", package, instance=instance)
    transport = httpx.ASGITransport(router)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop:81") as client:
        document: Json = (await client.get(path)).json()
    return document


async def test_tokens_and_scopes_are_required_when_the_instance_checks_them(package: Path) -> None:
    served = await _served(package, "/openapi.json", Instance())

    assert served == {**API, "servers": [{"url": "http://shop:81"}]}


async def test_no_security_is_declared_when_access_is_open(package: Path) -> None:
    served = await _served(package, "/openapi.json", Instance(is_open=True))

    assert served["paths"] == {
        "/v1/orders": {"parameters": [], "get": {"operationId": "get_order"}}
    }
    assert served["components"] == {"schemas": {}}
    assert "bearer" not in json.dumps(served)


async def test_events_name_each_broker(package: Path) -> None:
    instance = Instance(brokers=("kafka-a:9092", "kafka-b:9092"))

    served = await _served(package, "/asyncapi/orders.json", instance)

    assert served == {
        **EVENTS,
        "servers": {
            "kafka": {"host": "kafka-a:9092", "protocol": "kafka"},
            "kafka-2": {"host": "kafka-b:9092", "protocol": "kafka"},
        },
    }


@pytest.mark.parametrize(("access", "is_open"), [("open", True), (__file__, False)])
def test_the_settings_of_a_service_say_what_it_enforces(access: str, *, is_open: bool) -> None:
    settings = Settings.model_validate(
        {
            "service": "orders",
            "database_url": "postgresql://localhost/orders",
            "kafka_bootstrap_servers": "kafka-a:9092, kafka-b:9092",
            "access": access,
        }
    )

    assert settings.instance == Instance(is_open=is_open, brokers=("kafka-a:9092", "kafka-b:9092"))
