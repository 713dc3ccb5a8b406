"""`app.routes`, which FastAPI tools read, matches the contracts."""

import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi import FastAPI

from waybill.http.operation_route import OperationRoute

SERVICES = sorted(
    each.parent.name for each in Path(__file__).parents[2].glob("services/*/pyproject.toml")
)
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_a_route_with_the_id_and_the_tags_of_the_contract(service: str) -> None:
    app = import_module(f"{service}.app").app
    assert isinstance(app, FastAPI)
    found = {
        (each.path, each.operation.method, each.name, each.operation_id, tuple(each.tags))
        for each in app.routes
        if isinstance(each, OperationRoute)
    }
    contract = json.loads(files(f"{service}.contract").joinpath("openapi.json").read_bytes())
    assert found == {
        (
            path,
            method.upper(),
            written["operationId"],
            written["operationId"],
            tuple(written["tags"]),
        )
        for path, item in contract["paths"].items()
        for method, written in item.items()
        if method in METHODS
    }
