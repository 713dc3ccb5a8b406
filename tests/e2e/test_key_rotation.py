"""Signing keys are rotated under load, and no request is refused.

Meanwhile a stranger sends tokens with random key ids: a service reads keys for an unknown one at
most once in ten seconds, so a key that signs before it is published long enough is refused.
"""

import asyncio
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import IDENTITY, SHOP, AccessMode, access_settings, secret_of
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.testing.eventually import eventually

ROOT: Final = Repository.around(Path(__file__)).root
PUBLISHED_SECONDS: Final = 15.0
"""The shortest time that identity accepts: longer than any verifier waits to read keys again."""
ROTATION_SECONDS_MAX: Final = 60.0
LOAD_SECONDS_MAX: Final = 120.0
REQUESTS: Final = 200
"""Sent after each rotation."""
STRANGER_PAUSE_SECONDS: Final = 0.2
PATHS: Final = {
    "catalog": "/v1/products",
    "inventory": "/v1/stock",
    "orders": "/v1/orders",
    "payments": "/v1/payments",
}


@pytest.fixture
def rotating() -> Iterator[Platform]:
    """A platform whose keys may sign soon after they were published."""
    with short_folder() as folder:
        base = free_port_base()
        published = {"WAYBILL_SIGNING_KEY_PUBLISHED_SECONDS": str(PUBLISHED_SECONDS)}
        settings = access_settings(AccessMode.TOKENS, base) | published
        plan = Plan.of(folder / "data", ROOT / "services", base, settings)
        with running(plan) as platform:
            yield platform
        remove_home(plan.data)


class Load:
    """Requests with a fresh token each, and with the first token, to the gateway and services."""

    def __init__(self, platform: Platform, http: httpx.AsyncClient) -> None:
        self.statuses: Counter[int] = Counter()
        self.key_ids: set[str] = set()
        self.is_over = False
        self._platform = platform
        self._http = http
        self._auth = (SHOP, secret_of(platform.folder, SHOP) or "")

    async def run(self) -> None:
        """Send requests until it is over."""
        first = await self.token()
        while not self.is_over:
            fresh = await self.token()
            self.key_ids.add(json.loads(_decoded(fresh.partition(".")[0]))["kid"])
            for token in (fresh, first):
                for service, path in PATHS.items():
                    for address in (GATEWAY, service):
                        self.statuses[await self.get(address, path, token)] += 1

    async def strange(self) -> None:
        """Send tokens with unknown key ids until it is over."""
        payload = _encoded({"sub": "nobody"})
        while not self.is_over:
            header = {"alg": "ES256", "typ": "at+jwt", "kid": secrets.token_hex(8)}
            token = f"{_encoded(header)}.{payload}.{_encoded({})}"
            for service, path in (*PATHS.items(), (GATEWAY, PATHS["orders"])):
                assert await self.get(service, path, token) == httpx.codes.UNAUTHORIZED
            await asyncio.sleep(STRANGER_PAUSE_SECONDS)

    async def send(self, count: int) -> None:
        """Return when so many more requests were sent."""
        before = self.statuses.total()

        async def sent() -> int:
            return self.statuses.total() - before

        await eventually(
            "more requests", sent, lambda found: found >= count, within_seconds=LOAD_SECONDS_MAX
        )

    async def token(self) -> str:
        """Get a new token, which the current key signs."""
        grant = {"grant_type": "client_credentials"}
        address = f"{self._platform.addresses[IDENTITY]}/oauth/token"
        answer = await self._http.post(address, data=grant, auth=self._auth)
        return str(answer.raise_for_status().json()["access_token"])

    async def get(self, service: str, path: str, token: str) -> int:
        """Send one request; return the status of the answer."""
        headers = {"Authorization": f"Bearer {token}"}
        address = self._platform.addresses[service] + path
        return (await self._http.get(address, headers=headers)).status_code

    async def rotate(self) -> int:
        """Ask for a rotation; return the status of the answer."""
        headers = {"Authorization": f"Bearer {await self.token()}"}
        address = f"{self._platform.addresses[GATEWAY]}/v1/signing-key-rotations"
        return (await self._http.post(address, headers=headers)).status_code


async def test_no_request_is_refused_when_keys_are_rotated_twice_under_load(
    rotating: Platform, request: pytest.FixtureRequest
) -> None:
    await _make_administrator(rotating)
    async with httpx.AsyncClient(timeout=30) as http:
        load = Load(rotating, http)
        async with asyncio.TaskGroup() as sending:
            for run in (load.run, load.run, load.strange):
                sending.create_task(run())
            for _ in range(2):
                await eventually(
                    "the rotation", load.rotate, _is_done, within_seconds=ROTATION_SECONDS_MAX
                )
                await load.send(REQUESTS)
            load.is_over = True

    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\n{load.statuses.total()} requests: {dict(load.statuses)}")
    assert len(load.key_ids) == 3
    assert set(load.statuses) == {200}


def _is_done(status: int) -> bool:
    assert status in (200, 409), status
    return status == httpx.codes.OK


async def _make_administrator(platform: Platform) -> None:
    """Give the shop of the demonstration the scope to rotate keys."""
    statement = "update clients set scopes = scopes || '{identity:admin}' where client_id = $1"
    connection = await asyncpg.connect(platform.database_url(IDENTITY))
    try:
        await connection.execute(statement, SHOP)
    finally:
        await connection.close()


def _encoded(document: dict[str, str]) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
