"""A service that violates its contract fails the test, even if the test ignores the response."""

import json
from pathlib import Path

import httpx
import pytest

from waybill.app import Service, build
from waybill.http.reply import Reply
from waybill.http.routing import Fixed
from waybill.process.settings import ProcessSettings
from waybill_toolkit.testing.serving import serving

CONTRACT = {
    "openapi": "3.1.0",
    "paths": {"/v1/it": {"get": {"operationId": "get_it", "responses": {"204": {}}}}},
}


def ask(contract: Path, status: int) -> int:
    (contract / "openapi.json").write_text(json.dumps(CONTRACT))

    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=contract, paths={"/v1/it": {"GET": Fixed(Reply(status, ()))}})

    settings = ProcessSettings(service="it", check_contract=True)
    with serving(build(settings, assemble)) as address:
        return httpx.get(f"{address}/v1/it").status_code


def test_a_service_that_keeps_its_contract_passes(tmp_path: Path) -> None:
    assert ask(tmp_path, 204) == 204


def test_a_service_that_breaks_its_contract_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="answer get_it: status 202 is not declared"):
        ask(tmp_path, 202)
