"""A backup that is taken while orders are placed, and a platform that goes on from it."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.session import audit_of, databases_of
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.eventually import eventually

ORDERS = 150
SECONDS_MAX = 240
"""Only a failing test waits this long."""
UNDER_WAY = "SELECT count(*) FROM orders WHERE status IN ('placed', 'cancelling')"


def waybill(*arguments: str) -> Result:
    return CliRunner().invoke(build(), list(arguments))


async def number(url: str, sql: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


async def taken_under_load(platform: Platform, folder: Path) -> None:
    """Take a backup while orders are under way."""
    command = [sys.executable, "-m", "waybill_toolkit", "demo", "--orders", str(ORDERS), "--json"]
    demo = await asyncio.create_subprocess_exec(
        *command, "--data", str(platform.folder), stdout=subprocess.DEVNULL
    )
    url = platform.database_url("orders")
    while await number(url, UNDER_WAY) < 10:
        assert demo.returncode is None
        await asyncio.sleep(0.005)
    taken = await asyncio.to_thread(
        waybill, "backup", str(folder), "--data", str(platform.folder), "--json"
    )
    assert taken.exit_code == 0, taken.output
    assert json.loads(taken.stdout)["databases"].keys() == databases_of(platform).keys()
    assert await demo.wait() == 0


async def create_databases(server: PostgresServer, names: Mapping[str, str]) -> None:
    connection = await asyncpg.connect(server.admin_url())
    administrator = Administrator(connection)
    for name, password in names.items():
        await administrator.ensure_role(name, password)
        await administrator.ensure_database(name, name)
    await connection.close()


@contextmanager
def restored(former: Platform, backup: Path) -> Iterator[Plan]:
    """Restore into the databases of a new data folder, which has the secrets of the former one."""
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base())
        plan = with_access(plan, AccessMode.OPEN)
        DataFolder(plan.data).make()
        shutil.copytree(former.folder / "secrets", plan.data / "secrets")
        addresses = folder / "databases"
        addresses.mkdir()
        databases = {name: plan.database_url(name) for name in former.databases}
        for name, url in databases.items():
            (addresses / name).write_text(url)
        server = PostgresServer(plan.data, plan.postgres_port)
        server.initialize()
        server.start()
        passwords = {name: url.split(":")[2].split("@")[0] for name, url in databases.items()}
        asyncio.run(create_databases(server, passwords))
        run = waybill("restore", str(backup), "--databases", str(addresses))
        assert run.exit_code == 0, run.output
        again = waybill("restore", str(backup), "--databases", str(addresses))
        assert again.exit_code == 1
        assert again.stderr.endswith("is not empty: restore into new databases.\n")
        under_way = asyncio.run(number(databases["orders"], UNDER_WAY))
        assert under_way > 0, "the backup was taken when nothing was under way"
        server.stop()
        yield plan
        remove_home(plan.data)


def test_a_platform_goes_on_from_a_backup_that_was_taken_under_load(
    platform: Platform, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    asyncio.run(taken_under_load(platform, backup))

    with restored(platform, backup) as plan, running(plan) as other:
        report = asyncio.run(
            eventually(
                "nothing is under way",
                partial(audit_of, other),
                lambda found: found.moving.is_nothing,
                fails=lambda found: found.broken,
                within_seconds=SECONDS_MAX,
            )
        )

    assert report.is_ok


@pytest.mark.parametrize("damage", ["cut", "unfinished"])
def test_a_damaged_backup_is_not_restored(platform: Platform, tmp_path: Path, damage: str) -> None:
    backup = tmp_path / "backup"
    assert waybill("backup", str(backup), "--data", str(platform.folder)).exit_code == 0
    addresses = tmp_path / "databases"
    addresses.mkdir()
    for name, url in databases_of(platform).items():
        (addresses / name).write_text(url)
    if damage == "cut":
        dump = backup / "orders.dump"
        dump.write_bytes(dump.read_bytes()[:-1])
    else:
        (backup / "backup.json").unlink()

    run = waybill("restore", str(backup), "--databases", str(addresses))

    assert run.exit_code == 1
    assert "was changed after the backup" in run.stderr or "is no complete backup" in run.stderr


def test_a_backup_gets_a_folder_of_its_own(platform: Platform, tmp_path: Path) -> None:
    run = waybill("backup", str(tmp_path), "--data", str(platform.folder))
    assert run.exit_code == 1
    assert run.stderr == f"{tmp_path} exists: give a backup a folder of its own.\n"
