"""The app of the gateway before it is started."""

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Route

from gateway.app import app, assemble
from gateway.routes import Route as Forwarded
from gateway.settings import GatewaySettings
from waybill.app import build
from waybill.process.wrong_settings import WrongSettingsError


def test_every_operation_of_the_merged_contract_is_a_route_after_import() -> None:
    routes = [each for each in app.routes if isinstance(each, Route)]
    assert {each.name for each in routes} >= {"place_order", "list_products", "list_stock"}
    place = next(each for each in routes if each.name == "place_order")
    assert (place.path, place.methods) == ("/v1/orders", {"POST"})
    assert getattr(place, "tags", None) == ["orders"]


def test_a_forwarded_operation_declares_no_responses() -> None:
    route = Forwarded(id="get_it", service="it", method="GET", path="/v1/it", tags=("it",))
    assert (route.operation.id, route.operation.tags, route.operation.answers) == (
        "get_it",
        ("it",),
        (),
    )


def test_it_does_not_start_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYBILL_UPSTREAMS", raising=False)
    with (
        pytest.raises(WrongSettingsError, match="WAYBILL_UPSTREAMS is not set"),
        TestClient(build(GatewaySettings, assemble)),
    ):
        pass
