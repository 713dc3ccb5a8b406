"""The requests of commands have an access token where the platform asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill_toolkit.contracts.sdk.guarded_api import GuardedApi, guarded_api
from waybill_toolkit.contracts.sdk.orders_api import ORDER_ID
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import SHOP, AccessMode, access_settings
from waybill_toolkit.platform.plan import Plan

SECRET = "of-the-shop"  # noqa: S105 (of nobody)
PORT_BASE = 7400


@pytest.fixture
def api() -> Iterator[GuardedApi]:
    with guarded_api() as api:
        yield api


def platform_of(folder: Path, api: GuardedApi, mode: AccessMode) -> Platform:
    """Return a platform with this API as its gateway."""
    secret = folder / "secrets" / "demo" / SHOP
    secret.parent.mkdir(parents=True)
    secret.write_text(f"{SECRET}\n")
    plan = Plan(folder, PORT_BASE, (), access_settings(mode, PORT_BASE))
    DataFolder(folder).plan_file.write_text(plan.to_json())
    return Platform(folder, PORT_BASE, {"gateway": api.address}, [])


async def test_requests_have_the_token_of_the_shop_when_the_platform_asks_for_tokens(
    tmp_path: Path, api: GuardedApi
) -> None:
    client = client_of(platform_of(tmp_path, api, AccessMode.TOKENS))

    statuses = [(await client.get_order(ORDER_ID)).status for _ in range(2)]
    client.close()

    assert statuses == ["confirmed", "confirmed"]
    assert [(each.path, each.client) for each in api.asked] == [("/oauth/token", (SHOP, SECRET))]
    assert api.used == ["token-1", "token-1"]


async def test_the_token_is_replaced_when_it_is_refused(tmp_path: Path, api: GuardedApi) -> None:
    api.uses_left = 1
    client = client_of(platform_of(tmp_path, api, AccessMode.TOKENS))

    for _ in range(2):
        await client.get_order(ORDER_ID)
    client.close()

    assert api.used == ["token-1", "token-1", "token-2"]


async def test_a_request_waits_for_a_token_when_identity_is_unavailable(
    tmp_path: Path, api: GuardedApi
) -> None:
    api.answer.temporary_failures = 2
    client = client_of(platform_of(tmp_path, api, AccessMode.TOKENS))

    assert (await client.get_order(ORDER_ID)).status == "confirmed"
    client.close()

    assert (len(api.asked), api.used) == (3, ["token-3"])


async def test_no_token_is_fetched_when_access_is_open(tmp_path: Path, api: GuardedApi) -> None:
    assert tokens_of(platform_of(tmp_path, api, AccessMode.OPEN)) is None


def test_a_platform_asks_for_tokens_when_it_has_identity(tmp_path: Path) -> None:
    for name in ("orders", "identity"):
        source = tmp_path / "services" / name / "src" / name
        source.mkdir(parents=True)
        (source / "app.py").touch()
        plan = Plan.of(tmp_path / "data", tmp_path / "services", PORT_BASE)

        assert plan.with_access().asks_for_tokens is (name == "identity")
        assert plan.with_access(AccessMode.TOKENS).asks_for_tokens
        assert not plan.with_access(AccessMode.OPEN).asks_for_tokens
