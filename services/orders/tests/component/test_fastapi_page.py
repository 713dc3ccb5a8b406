"""The examples of docs/fastapi.md on the orders service do what the page says."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

from orders.app import assemble
from orders.contract.api import OPERATIONS
from orders.settings import OrdersSettings
from waybill.app import build, serves

PAGE = Path(__file__).parents[4] / "docs" / "fastapi.md"


@pytest.fixture
def examples() -> dict[str, Any]:
    """Run the examples that are whole modules; return what they define."""
    defined: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    modules = [block for block in blocks if block.startswith("from ")]
    assert len(modules) == 2
    for block in modules:
        exec(block, defined)  # noqa: S102 - ours, from the page
    return defined


def test_the_examples_work_on_the_orders_service(
    settings: OrdersSettings, examples: dict[str, Any]
) -> None:
    contract = files("orders.contract")
    declare = serves(
        contract, OPERATIONS, routers=[examples["router"]], configure=examples["configure"]
    )
    app = build(settings, declare(assemble))
    try:
        with TestClient(app) as client:
            assert client.get("/internal/stats").json() == {"orders": 0}
            origin = {"origin": "https://shop.example"}
            answer = client.get("/v1/orders", headers=origin)
            assert answer.json() == {"items": [], "next_cursor": None}
            assert answer.headers["access-control-allow-origin"] == origin["origin"]
            assert 'handler="/v1/orders"' in client.get("/metrics").text
            assert "/internal/stats" in client.get("/docs/own.json").json()["paths"]
            written = json.loads(contract.joinpath("openapi.json").read_bytes())
            assert client.get("/openapi.json").json()["paths"].keys() == written["paths"].keys()
            with client.websocket_connect("/internal/echo") as websocket:
                websocket.send_text("hello")
                assert websocket.receive_text() == "hello"
    finally:
        FastAPIInstrumentor.uninstrument_app(app)
