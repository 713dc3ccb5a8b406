"""Faults in the databases of services, one of which has the ledger of the payment provider."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from tests.alerts.scene import Broken, Scene, execute

from waybill_toolkit.lab.chaos.outboxes import relay_held

RETRY_SECONDS: Final = 3
"""Before the retry of a call of the provider: long enough to find its payment meanwhile."""

_POSTPONE: Final = """
    update payments set due_at = now() + interval '1 hour'
    where status = 'authorizing' and attempts = 1 and due_at < now() + interval '5 seconds'
    returning payment_id
"""
"""Retries: while a call runs, its payment is due after a lease of 30 s."""
_REFUSE_CAPTURES: Final = """
    create function sandbox.refuse() returns trigger language plpgsql as 'begin return null; end';
    create trigger refuse before insert on sandbox.charges
    for each row when (new.operation = 'capture') execute function sandbox.refuse();
"""
_ACCEPT_CAPTURES: Final = """
    drop function sandbox.refuse cascade;
    update payments set due_at = now() where due_at > now();
"""


def changed(service: str, change: str, undo: str) -> Broken:
    """Change a database by SQL."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        await execute(scene.database(service), change)
        try:
            yield
        finally:
            await execute(scene.database(service), undo)

    return broken


captures_refused: Final = changed("payments", _REFUSE_CAPTURES, _ACCEPT_CAPTURES)
"""Let the sandbox refuse to capture payments, as a provider does whose holds have expired."""


def locked(service: str, table: str) -> Broken:
    """Hold a lock on a table, as a forgotten session does."""

    @asynccontextmanager
    async def broken(scene: Scene) -> AsyncIterator[None]:
        connection = await asyncpg.connect(scene.database(service))
        try:
            async with connection.transaction():
                await connection.execute(f"lock table {table} in access exclusive mode")
                yield
        finally:
            await connection.close()

    return broken


@asynccontextmanager
async def relay_locked_out(scene: Scene) -> AsyncIterator[None]:
    """Hold the lock of the replica that publishes."""
    async with relay_held(scene.database("orders")):
        yield


@asynccontextmanager
async def postponed_payment(scene: Scene) -> AsyncIterator[None]:
    """Postpone the retry of one payment by hand, so that its order waits."""
    usual, scene.clients.payment_token = scene.clients.payment_token, "tok_timeout_then_approved"
    connection = await asyncpg.connect(scene.database("payments"))
    try:
        await scene.clients.order()
        scene.clients.payment_token = usual
        async with asyncio.timeout(30):
            while not (held := await connection.fetch(_POSTPONE)):
                await asyncio.sleep(0.01)
        yield
        await connection.execute(
            "update payments set due_at = now() where payment_id = any($1::uuid[])",
            [each["payment_id"] for each in held],
        )
    finally:
        await connection.close()
