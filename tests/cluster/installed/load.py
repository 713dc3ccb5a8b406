"""Requests that go on while something happens to the cluster, each sent once and never again."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx
from tests.cluster.installed.accounts import Account
from tests.cluster.threads import in_a_thread

SKU: Final = "85123A"
_CLIENTS: Final = 4
_PAUSE_SECONDS: Final = 0.05
_TIMEOUT_SECONDS: Final = 30.0
_runs: Final = itertools.count(1)


@dataclass
class Load:
    """What became of the requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    """The ids of the orders that were placed."""
    slowest_seconds: float = 0.0

    @property
    def requests(self) -> int:
        return self.statuses.total() + len(self.failures)

    def require_no_failure(self) -> None:
        """Raise AssertionError with the first failed requests, if there are any."""
        shown = "\n".join(self.failures[:5])
        assert not self.failures, f"{len(self.failures)} of {self.requests} failed:\n{shown}"

    def record(self, what: str, answer: httpx.Response, began: float) -> None:
        """Note an answer; anything but success is a failure."""
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
        if answer.is_success:
            self.statuses[answer.status_code] += 1
        else:
            self.failures.append(f"{what}: {answer.status_code} {answer.text[:300]}")


@contextmanager
def load_on(gateway: str, account: Account) -> Iterator[Load]:
    """Place and read orders through the gateway until the end of the block."""
    load = Load()
    with in_a_thread(_clients(load, gateway, account)):
        yield load


@asynccontextmanager
async def _clients(load: Load, gateway: str, account: Account) -> AsyncIterator[None]:
    run = f"load-{next(_runs)}-{time.time_ns()}"
    ended = asyncio.Event()
    async with _connection(gateway) as client, asyncio.TaskGroup() as tasks:
        for number in range(_CLIENTS):
            tasks.create_task(_go_on(load, client, account, f"{run}-{number}", ended))
        yield
        ended.set()


def _connection(gateway: str) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    # A connection for each request: a server may close one that is kept while a request is on its
    # way, and a client that does not send that again would see a failure that is its own.
    return httpx.AsyncClient(
        base_url=gateway,
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=_TIMEOUT_SECONDS,
    )


async def _go_on(
    load: Load, client: httpx.AsyncClient, account: Account, name: str, ended: asyncio.Event
) -> None:
    for number in itertools.count():
        if ended.is_set():
            return
        try:
            token = await asyncio.to_thread(account.token)
            client.headers["Authorization"] = f"Bearer {token}"
            await _place_and_read(load, client, f"{name}-{number}")
        except httpx.HTTPError as error:
            load.failures.append(f"{name}-{number}: {error!r}")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _place_and_read(load: Load, client: httpx.AsyncClient, reference: str) -> None:
    body = {
        "reference": reference,
        "customer_ref": "17850",
        "currency": "GBP",
        "lines": [{"sku": SKU, "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }
    began = time.monotonic()
    placed = await client.post("/v1/orders", json=body, headers={"Idempotency-Key": reference})
    load.record("POST /v1/orders", placed, began)
    if not placed.is_success:
        return
    order_id = placed.json()["order_id"]
    load.orders.append(order_id)
    began = time.monotonic()
    read = await client.get(f"/v1/orders/{order_id}")
    load.record("GET /v1/orders/{order_id}", read, began)
