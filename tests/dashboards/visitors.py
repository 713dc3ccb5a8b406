"""Visitors, who look around while others order: each service has requests, and wrong ones."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx

from waybill_toolkit.contracts.sdk.python.runtime.tokens import AsyncTokenProvider
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import SHOP, secret_of
from waybill_toolkit.platform.plan import GATEWAY

_PAUSE_SECONDS: Final = 1.0
_TIMEOUT_SECONDS: Final = 30.0
NOWHERE: Final = "NOWHERE"


@asynccontextmanager
async def visitors(platform: Platform, sku: str) -> AsyncIterator[None]:
    """Have somebody look around during the block."""
    tokens = tokens_of(platform)
    assert tokens is not None
    gateway = platform.addresses[GATEWAY]
    async with (
        httpx.AsyncClient(base_url=gateway, timeout=_TIMEOUT_SECONDS) as http,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(_repeat(http, tokens, platform, sku))
        yield
        task.cancel()


async def _repeat(
    http: httpx.AsyncClient, tokens: AsyncTokenProvider, platform: Platform, sku: str
) -> None:
    mails: set[Path] = set()
    while True:
        bearer = {"authorization": f"Bearer {await tokens(None)}"}
        for path in (
            *(f"/v1/{of}/{each}" for of in ("variants", "stock") for each in (sku, NOWHERE)),
            *("/v1/payments", f"/v1/payments/{uuid4()}"),
        ):
            await http.get(path, headers=bearer)
        await _ask_for_tokens(http, str(secret_of(platform.folder, SHOP)))
        await _register(http)
        new = {*(platform.folder / "mail").glob("*.eml")} - mails
        for mail in new:
            await http.post("/v1/email-verifications", json=_verification(mail))
        mails |= new
        await asyncio.sleep(_PAUSE_SECONDS)


async def _ask_for_tokens(http: httpx.AsyncClient, secret: str) -> None:
    """Get one, and fail to."""
    for each in (secret, "wrong"):
        grant = {"grant_type": "client_credentials"}
        await http.post("/oauth/token", data=grant, auth=(SHOP, each))


async def _register(http: httpx.AsyncClient) -> None:
    name = secrets.token_hex(8)
    await http.post("/v1/users", json={"email": f"{name}@example.com", "password": name})


def _verification(mail: Path) -> dict[str, str]:
    """Return what the link of a mail and its reader send."""
    message = message_from_bytes(mail.read_bytes(), policy=default)
    _, _, token = message.get_content().split()[3].partition("token=")
    return {"token": token, "password": message["To"].partition("@")[0]}
