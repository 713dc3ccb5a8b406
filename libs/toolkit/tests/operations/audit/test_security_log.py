"""Security logs compared with their signed heads, as `waybill audit` does it."""

import asyncio
from pathlib import Path
from typing import Protocol

import pytest
from joserfc.jwk import ECKey

from waybill.clock import SystemClock
from waybill.postgres import Database
from waybill.security_log import record
from waybill.security_log.chain import chainer
from waybill.security_log.heads import HeadKey, HeadWriter
from waybill_toolkit.operations.audit.security_log import differences_from_heads

KEY = HeadKey(ECKey.generate_key("P-256").as_pem(private=True))


class World(Protocol):
    """The databases of a test; see conftest."""

    databases: dict[str, str]

    async def plant(self, service: str, sql: str) -> None: ...


async def _write_heads(world: World, file: Path, service: str) -> None:
    """Chain three acts in the database of catalog, and sign them as `service`."""
    await world.plant("catalog", "select 1")
    database = await Database.open(world.databases["catalog"])
    for name in ("a", "b", "c"):
        async with database.transaction() as tx:
            await record(tx, "door.opened", target=name)
    async with database.transaction() as tx:
        assert await chainer().take(tx, SystemClock().now(), 100) == 3
    await HeadWriter(database, service, file, KEY, SystemClock()).write()
    await database.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heads"


def test_nothing_differs_when_the_log_is_as_its_heads_say(world: World, file: Path) -> None:
    asyncio.run(_write_heads(world, file, "catalog"))
    assert differences_from_heads(world.databases, [file], KEY) == []


def test_the_service_is_named_when_the_end_of_its_log_is_cut_off(world: World, file: Path) -> None:
    asyncio.run(_write_heads(world, file, "catalog"))
    database = world.databases["catalog"]
    asyncio.run(_cut(database))
    [difference] = differences_from_heads(world.databases, [file], KEY)
    assert difference.startswith("catalog: entries 3 to 3 are cut off from the end")


async def _cut(url: str) -> None:
    database = await Database.open(url)
    async with database.connection() as connection:
        await connection.execute("alter table security_log disable trigger user")
        await connection.execute("delete from security_log where number = 3")
    await database.close()


def test_heads_are_named_when_nothing_can_be_compared_with_them(world: World, file: Path) -> None:
    asyncio.run(_write_heads(world, file, "shipping"))
    with file.open("a") as lines:
        lines.write("forged\n")
    assert differences_from_heads(world.databases, [file], KEY) == [
        f"line 2 of {file}: it is not signed with this key",
        "there are heads of shipping, which has no database here",
    ]
