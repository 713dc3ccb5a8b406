"""Clients that read and order at a constant rate, whatever the answers are."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx

from waybill_toolkit.contracts.sdk.python.runtime.tokens import AsyncTokenProvider
from waybill_toolkit.operations.workload.wire import ConnectionLostError

READS_A_SECOND: Final = 4.0
ORDERS_A_SECOND: Final = 4.0
_TIMEOUT_SECONDS: Final = 15.0
_FAILURES: Final = (httpx.HTTPError, ConnectionLostError)
"""Of a request, and of that for a token."""


class Clients:
    """Reads of variants and new orders, through the gateway."""

    def __init__(self, gateway: str, tokens: AsyncTokenProvider | None, sku: str) -> None:
        self._http = httpx.AsyncClient(base_url=gateway, timeout=_TIMEOUT_SECONDS)
        self._tokens = tokens
        self._sku = sku
        self.payment_token = "tok_approve"  # noqa: S105 - of the sandbox

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send requests during the block."""
        async with asyncio.TaskGroup() as loops:
            tasks = [
                loops.create_task(self._repeat(READS_A_SECOND, self.read)),
                loops.create_task(self._repeat(ORDERS_A_SECOND, self.order)),
            ]
            yield
            for each in tasks:
                each.cancel()
        await self._http.aclose()

    async def _repeat(self, rate: float, send: Callable[[], Coroutine[None, None, None]]) -> None:
        async with asyncio.TaskGroup() as sent:
            while True:
                sent.create_task(send())
                await asyncio.sleep(1 / rate)

    async def read(self) -> None:
        """Read one variant."""
        with suppress(*_FAILURES):
            await self._http.get(f"/v1/variants/{self._sku}", headers=await self._headers())

    async def order(self) -> None:
        """Place one order."""
        name = secrets.token_hex(8)
        body = {
            "reference": name,
            "customer_ref": "alerts",
            "currency": "GBP",
            "lines": [{"sku": self._sku, "quantity": 1}],
            "payment": {"token": self.payment_token},
        }
        with suppress(*_FAILURES):
            headers = {**await self._headers(), "idempotency-key": name}
            await self._http.post("/v1/orders", json=body, headers=headers)

    async def _headers(self) -> dict[str, str]:
        if self._tokens is None:
            return {}
        return {"authorization": f"Bearer {await self._tokens(None)}"}
