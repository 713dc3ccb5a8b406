"""A platform whose services accept the tokens of identity, and nothing else."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import PEOPLE, SHOP, AccessMode, access_settings, secret_of
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.token import fetch_token
from waybill_toolkit.testing.eventually import eventually

ROOT: Final = Repository.around(Path(__file__)).root
REFUSED_WITHIN_SECONDS: Final = 3.0


@pytest.fixture(scope="module")
def closed() -> Iterator[Platform]:
    with short_folder() as folder:
        base = free_port_base()
        settings = access_settings(AccessMode.TOKENS, base)
        plan = Plan.of(folder / "data", ROOT / "services", base, settings)
        with running(plan) as platform:
            yield platform
        remove_home(plan.data)


@pytest.fixture
def http(closed: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=closed.addresses[GATEWAY], timeout=30) as http:
        yield http


def bearer(closed: Platform, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {fetch_token(closed, name)}"}


def test_each_demo_principal_may_do_what_its_roles_permit(
    closed: Platform, http: httpx.Client
) -> None:
    statuses = {
        name: [
            http.get("/v1/orders", headers=bearer(closed, name)).status_code,
            http.post("/v1/products", json={}, headers=bearer(closed, name)).status_code,
        ]
        for name in (*PEOPLE, SHOP)
    }

    assert statuses == {
        "alice": [200, 403],
        "bob": [200, 403],
        "carol": [200, 422],
        "dave": [403, 403],
        "erin": [200, 422],
        SHOP: [200, 422],
    }


def test_customers_reach_their_own_orders_only(closed: Platform, http: httpx.Client) -> None:
    def asked(name: str, customer: str) -> int:
        query = {"customer_ref": customer}
        return http.get("/v1/orders", params=query, headers=bearer(closed, name)).status_code

    assert [asked(name, "alice") for name in ("alice", "bob", "carol")] == [200, 403, 200]


def test_nobody_gets_in_without_a_token(http: httpx.Client) -> None:
    assert http.get("/v1/orders").status_code == 401
    assert http.get("/v1/sessions").status_code == 401
    assert http.get("/oauth/jwks").status_code == 200


async def test_tokens_are_refused_everywhere_within_three_seconds_when_their_key_is_revoked(
    closed: Platform,
) -> None:
    headers = bearer(closed, "bob")
    paths = {
        "orders": "/v1/orders",
        "payments": "/v1/payments",
        "catalog": "/v1/products",
        "identity": "/v1/sessions",
    }

    async with httpx.AsyncClient(headers=headers, timeout=30) as http:

        async def answers() -> set[int]:
            urls = [closed.addresses[name] + path for name, path in paths.items()]
            return {(await http.get(url)).status_code for url in urls}

        assert await answers() == {200}
        gateway = closed.addresses[GATEWAY]
        [key] = (await http.get(f"{gateway}/v1/api-keys")).json()["items"]
        assert key["key_id"].replace("-", "") in (secret_of(closed.folder, "bob") or "")
        revoked = await http.delete(f"{gateway}/v1/api-keys/{key['key_id']}")

        assert revoked.status_code == 200
        await eventually(
            "the token is refused",
            answers,
            lambda each: each == {401},
            within_seconds=REFUSED_WITHIN_SECONDS,
        )


def test_the_gateway_serves_the_metadata_of_the_issuer(
    closed: Platform, http: httpx.Client
) -> None:
    issuer = closed.addresses[GATEWAY]
    found: list[dict[str, Any]] = [
        http.get(f"/.well-known/{each}").json()
        for each in ("openid-configuration", "oauth-authorization-server")
    ]

    assert found[0] == found[1]
    assert found[0]["issuer"] == issuer
    assert found[0]["jwks_uri"] == f"{issuer}/oauth/jwks"


async def test_tokens_of_a_stolen_signing_key_are_refused_everywhere_within_three_seconds(
    closed: Platform,
) -> None:
    headers = bearer(closed, "erin")
    paths = {"orders": "/v1/orders", "payments": "/v1/payments", "identity": "/v1/sessions"}
    urls = [closed.addresses[name] + path for name, path in paths.items()]
    urls.append(f"{closed.addresses[GATEWAY]}/v1/orders")
    stolen = json.loads(urlsafe_b64decode(headers["Authorization"].split()[1].split(".")[0] + "=="))

    async with httpx.AsyncClient(timeout=30) as http:

        async def answers(headers: dict[str, str]) -> set[int]:
            return {(await http.get(url, headers=headers)).status_code for url in urls}

        assert await answers(headers) == {200}
        gateway = closed.addresses[GATEWAY]
        path = f"{gateway}/v1/signing-keys/{stolen['kid']}"
        assert (await http.delete(path, headers=headers)).status_code == 200

        await eventually(
            "the token is refused",
            lambda: answers(headers),
            lambda each: each == {401},
            within_seconds=REFUSED_WITHIN_SECONDS,
        )
        again = await asyncio.to_thread(bearer, closed, "erin")
        assert await answers(again) == {200}
