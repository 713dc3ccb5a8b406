"""A caller that sends too many requests is refused, and no other one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from pydantic import ValidationError
from services.gateway.tests.tokens import READER, WRITER, bearer, token_file

from gateway.limits import policy_of
from gateway.routes import RateLimitClass
from gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from services.gateway.tests.conftest import OpenChecked

    from waybill_toolkit.testing.fake_http_service import FakeHttpService

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
FEW: Final = 0.002
"""Of the quotas: 12 reads, 6 writes, and 1 request without a token in a minute."""


def _slug(response: httpx.Response) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def test_a_caller_above_its_limit_is_told_when_to_try_again(
    open_checked: OpenChecked, service: FakeHttpService, tmp_path: Path
) -> None:
    settings = {"access": token_file(tmp_path), "rate_limit_factor": FEW}
    async with open_checked(**settings) as client:
        first = await client.get(ORDER, headers=bearer(READER))
        for _ in range(11):
            await client.get(ORDER, headers=bearer(READER))
        refused = await client.get(ORDER, headers=bearer(READER))
        other = await client.put("/v1/variants/A/price", content=b"{}", headers=bearer(WRITER))

    assert first.headers["ratelimit-policy"] == '"read";q=12;w=60'
    assert first.headers["ratelimit"] == '"read";r=11;t=5'
    assert (refused.status_code, _slug(refused)) == (429, "rate-limited")
    assert refused.headers["retry-after"] in {"4", "5"}
    assert refused.headers["ratelimit"].startswith('"read";r=0;t=')
    assert refused.json()["limit"] == "read"
    assert other.status_code == 200
    assert len(service.asked) == 13


async def test_an_order_costs_more_than_another_write(
    open_checked: OpenChecked, tmp_path: Path
) -> None:
    settings = {"access": token_file(tmp_path), "rate_limit_factor": FEW}
    async with open_checked(**settings) as client:
        placed = await client.post("/v1/orders", content=b"{}", headers=bearer(WRITER))
        again = await client.post("/v1/orders", content=b"{}", headers=bearer(WRITER))
        cancelled = await client.post(f"{ORDER}/cancellation", headers=bearer(WRITER))

    assert placed.headers["ratelimit"].startswith('"write";r=1;')
    assert (again.status_code, cancelled.status_code) == (429, 200)


async def test_a_refusal_for_a_missing_scope_counts(
    open_checked: OpenChecked, tmp_path: Path
) -> None:
    settings = {"access": token_file(tmp_path), "rate_limit_factor": FEW}
    async with open_checked(**settings) as client:
        found = [
            (await client.post(f"{ORDER}/cancellation", headers=bearer(READER))).status_code
            for _ in range(7)
        ]

    assert found == [403] * 6 + [429]


async def test_guesses_of_tokens_are_limited_by_address_and_hurt_no_caller_with_a_token(
    open_checked: OpenChecked, tmp_path: Path
) -> None:
    settings = {"access": token_file(tmp_path), "rate_limit_factor": FEW}
    async with open_checked(**settings) as client:
        first = await client.get(ORDER, headers=bearer("guess"))
        forged = {**bearer("other"), "X-Forwarded-For": "192.0.2.1", "X-Real-IP": "192.0.2.1"}
        second = await client.get(ORDER, headers=forged)
        known = await client.get(ORDER, headers=bearer(READER))

    assert (first.status_code, second.status_code, known.status_code) == (401, 429, 200)
    assert second.json()["limit"] == "unauthenticated"


async def test_passwords_for_many_accounts_are_limited_by_address(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    async with open_checked(rate_limit_factor=FEW) as client:
        first = await client.post("/login", data={"password": "guess"})
        second = await client.post("/v1/passwords", json={"password": "guess"})
        other = await client.post("/v1/email-verifications", json={"password": "guess"})
        page = await client.post("/login", data={"password": "guess"})

    assert first.headers["ratelimit-policy"] == '"login";q=1;w=60'
    assert [each.status_code for each in (second, other, page)] == [429] * 3
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert second.json()["limit"] == other.json()["limit"] == "login"
    assert len(service.asked) == 1


async def test_clients_behind_a_trusted_proxy_are_told_apart(
    open_checked: OpenChecked, tmp_path: Path
) -> None:
    settings = {
        "access": token_file(tmp_path),
        "rate_limit_factor": FEW,
        "trusted_proxies": "127.0.0.1",
    }
    async with open_checked(**settings) as client:
        found = [
            (await client.get(ORDER, headers={"X-Forwarded-For": address})).status_code
            for address in ("192.0.2.1", "192.0.2.2", "192.0.2.2")
        ]

    assert found == [401, 401, 429]


async def test_with_open_access_callers_are_counted_by_address(open_checked: OpenChecked) -> None:
    async with open_checked(rate_limit_factor=FEW) as client:
        found = [(await client.get(ORDER)).status_code for _ in range(13)]

    assert found == [200] * 12 + [429]


@pytest.mark.parametrize(
    ("settings", "shared", "quota"),
    [
        ({}, False, 100),
        ({"rate_limit_factor": 2.5}, False, 250),
        ({"rate_limit_replicas": 4}, False, 25),
        ({"rate_limit_replicas": 4}, True, 25),
        ({"rate_limit_replicas": 4, "rate_limit_store": "redis://store"}, True, 100),
        ({"rate_limit_replicas": 4, "rate_limit_store": "redis://store"}, False, 25),
        ({"rate_limit_replicas": 1_000}, False, 5),
    ],
)
def test_replicas_divide_a_quota_unless_they_share_it(
    settings: dict[str, object], *, shared: bool, quota: int
) -> None:
    usual = {"upstreams": {"orders": "http://orders"}, "access": "open"}
    chosen = GatewaySettings.model_validate({**usual, **settings})
    written = RateLimitClass(quota=100, window_seconds=60, shared=shared)

    assert policy_of(chosen, "write", written, cost_max=5).quota == quota


@pytest.mark.parametrize(
    "setting",
    [
        {"trusted_proxies": "localhost"},
        {"trusted_proxies": "10.0.0.1/8"},
        {"rate_limit_store": "http://store"},
        {"rate_limit_store": "redis://"},
        {"rate_limit_factor": 0},
        {"rate_limit_replicas": 0},
    ],
)
def test_a_wrong_setting_is_refused(setting: dict[str, object]) -> None:
    usual = {"upstreams": {"orders": "http://orders"}, "access": "open"}
    with pytest.raises(ValidationError, match=next(iter(setting))):
        GatewaySettings.model_validate({**usual, **setting})
