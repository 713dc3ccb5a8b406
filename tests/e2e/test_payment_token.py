"""The payment token is in no table, topic, log or file, not even while it is needed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest_asyncio
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.client import Client, Line, Variant, WantedOrder
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.platform.handle import Platform

SKU: Final = "PAID-FOR"
TOKENS: Final = (
    "tok_approve",
    "tok_timeout_then_approved",
    "tok_decline",
    "tok_9f2c71d04be84a55a1c6",  # unknown to the provider
)
_TABLES: Final = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')
"""


@pytest_asyncio.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    client = client_of(platform)
    yield client
    client.close()


async def test_no_payment_token_is_kept(platform: Platform, client: Client) -> None:
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 100})
    orders = [
        WantedOrder(f"paid-{number}", "c", "GBP", [Line(SKU, 1)], token)
        for number, token in enumerate(TOKENS)
    ]
    outcomes = await place_all(client, orders, Poller(client).follow, concurrency=len(orders))
    ended = [each.order.status for each in outcomes if each.order]
    assert sorted(ended) == ["confirmed", "confirmed", "rejected", "rejected"]
    assert (await audit_when_settled(platform)).is_ok

    published = await asyncio.to_thread(_published, platform)
    assert '"sealed_token"' in published
    tables = {name: text async for name, text in _tables(platform)}
    for token in TOKENS:
        assert token not in published
        assert [name for name, text in tables.items() if token in text] == []
        assert list(_files_with(platform.folder, token)) == []
    # Identity seals columns of its own with the same format and other keys.
    sealed = {name for name, text in tables.items() if "sealed.v1." in text}
    assert {name for name in sealed if not name.startswith("identity: ")} == {"orders: outbox"}


def _published(platform: Platform) -> str:
    arguments = ["events", "--json", "--data", str(platform.folder)]
    result = CliRunner().invoke(build(), arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


async def _tables(platform: Platform) -> AsyncIterator[tuple[str, str]]:
    """Yield the content of each table of each service."""
    plan = platform.plan()
    for service in (each.name for each in plan.services if each.has_database):
        connection = await asyncpg.connect(platform.admin_url(service))
        try:
            for (table,) in await connection.fetch(_TABLES):
                rows = await connection.fetch(f"select * from {table}")
                yield f"{service}: {table.removeprefix('public.')}", _text(rows)
        finally:
            await connection.close()


def _text(rows: list[asyncpg.Record]) -> str:
    values = (value for row in rows for value in row.values())
    return "\n".join(
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for value in values
    )


def _files_with(folder: Path, token: str) -> Iterator[str]:
    """Search the broker's files, logs, PostgreSQL's tables and its write-ahead log."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and token.encode() in path.read_bytes():
            yield str(path.relative_to(folder))
