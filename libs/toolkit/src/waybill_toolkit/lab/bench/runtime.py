"""A separate database on the measured PostgreSQL, for measurements without services."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import POSTGRES_OFFSET
from waybill_toolkit.platform.postgres import postgres_url

_NAME: Final = "waybill_bench"


@asynccontextmanager
async def scratch_database(platform: Platform) -> AsyncIterator[str]:
    """Create an empty database within the context and return its URL."""
    password = secrets.token_urlsafe(16)
    connection = await asyncpg.connect(platform.admin_url("postgres"))
    administrator = Administrator(connection)
    try:
        await administrator.drop_database(_NAME)  # left over from a killed run
        await administrator.ensure_role(_NAME, password)
        await administrator.ensure_database(_NAME, _NAME)
        yield postgres_url(platform.port_base + POSTGRES_OFFSET, _NAME, _NAME, password)
        await administrator.drop_database(_NAME)
    finally:
        connection.terminate()
