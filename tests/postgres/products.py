"""Products that are created over HTTP until each is acknowledged."""

import time
from itertools import count
from typing import Any, Final

import asyncpg
import httpx

RETRY_SECONDS: Final = 0.2
SECONDS_MAX: Final = 120
"""Only a failing test waits this long."""

_NUMBERS: Final = count()


class Products:
    """The products of a running catalogue."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=SECONDS_MAX)
        self.acknowledged: set[str] = set()
        self.refusals = 0
        """Answers other than 201: each was followed by another attempt."""

    def create(self, number: int) -> None:
        """Create so many, one after another; each is repeated until it is acknowledged."""
        for _ in range(number):
            sku = f"SKU-{next(_NUMBERS)}"
            price = {"amount_minor": 255, "currency": "GBP"}
            body = {"name": sku, "variants": [{"sku": sku, "price": price}]}
            until = time.monotonic() + SECONDS_MAX
            while not self._is_created(sku, body):
                assert time.monotonic() < until
                self.refusals += 1
                time.sleep(RETRY_SECONDS)

    def _is_created(self, key: str, body: dict[str, Any]) -> bool:
        answer = self._client.post("/v1/products", json=body, headers={"Idempotency-Key": key})
        if answer.status_code != httpx.codes.CREATED:
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            return False
        self.acknowledged.add(key)
        return True


async def skus(url: str) -> set[str]:
    """Return the SKUs that a database has."""
    connection = await asyncpg.connect(url)
    try:
        return {row["sku"] for row in await connection.fetch("SELECT sku FROM variants")}
    finally:
        await connection.close()


async def unpublished(url: str) -> int:
    """Return how many events of a database are not published yet."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval('SELECT count(*) FROM outbox WHERE "offset" IS NULL')
        return int(found)
    finally:
        await connection.close()
