"""`waybill upgrade` with small services: what is refused changes nothing, and says what to do."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.upgrade_command import upgrade_to

pytestmark = pytest.mark.skipif(
    "WAYBILL_UPGRADE" not in os.environ, reason="takes minutes: make test-upgrade"
)
SERVICE: Final = """
import os, signal, socket, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"first")

def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for number in os.environ["WAYBILL_LISTEN_FDS"].split(","):
        server = HTTPServer(("", 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=int(number))
        server.server_activate()
        Thread(target=server.serve_forever).start()
"""


@pytest.fixture(scope="module")
def small_platform() -> Iterator[Platform]:
    with short_folder() as folder:
        for name in ("pear", "apple"):
            package = folder / "services" / name / "src" / name
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            (package / "app.py").write_text(SERVICE)
            migrations = folder / "services" / name / "migrations"
            migrations.mkdir()
            (migrations / "0001_first.sql").write_text("create table peel (id integer);")
        with running(Plan.of(folder / "data", folder / "services", free_port_base())) as platform:
            yield platform
        remove_home(folder / "data")


@pytest.fixture
def following(small_platform: Platform, tmp_path: Path) -> Path:
    """The next version, in another folder."""
    root = tmp_path / "services"
    ignored = shutil.ignore_patterns("__pycache__")  # the platform writes there meanwhile
    shutil.copytree(small_platform.plan().services[0].folder.parent, root, ignore=ignored)
    for name in ("pear", "apple"):
        (root / name / "src" / name / "app.py").write_text(SERVICE.replace("first", "second"))
    return root


def versions(platform: Platform) -> dict[str, str]:
    return {name: httpx.get(address).text for name, address in platform.addresses.items()}


def refused(platform: Platform, root: Path) -> str:
    before = versions(platform), {name: platform.process(name).pid for name in platform.services}
    with pytest.raises(PlatformError) as error:
        upgrade_to(platform, root, print)
    pids = {name: platform.process(name).pid for name in platform.services}
    assert (versions(platform), pids) == before
    return str(error.value)


def test_a_service_that_does_not_start_leaves_the_old_one(
    small_platform: Platform, following: Path
) -> None:
    (following / "apple" / "src" / "apple" / "app.py").write_text(
        'def main():\n    raise SystemExit("the kettle is empty")\n'
    )
    reason = refused(small_platform, following)
    assert reason.startswith("apple (pid ")
    assert reason.endswith("ended with exit status 1:\n    the kettle is empty")


def test_a_migration_that_fails_changes_no_service(
    small_platform: Platform, following: Path
) -> None:
    (following / "pear" / "migrations" / "0002_wrong.sql").write_text("create table peel ();")
    reason = refused(small_platform, following)
    assert "nothing was changed" in reason
    assert 'pear/0002_wrong.sql failed: relation "peel" already exists' in reason


async def test_a_skipped_version_is_refused_with_what_to_do_first(
    small_platform: Platform, following: Path
) -> None:
    connection = await asyncpg.connect(small_platform.database_url("pear"))
    known = await connection.fetchval("update schema_versions set version = '0.0.1' returning 1")
    assert known == 1
    reason = refused(small_platform, following)
    assert "the database was last used by 0.0.1: upgrade to 0.1 first, and then to " in reason
    await connection.execute("delete from schema_versions")
    await connection.close()


def test_a_version_without_a_service_is_refused(small_platform: Platform, following: Path) -> None:
    shutil.rmtree(following / "apple")
    assert refused(small_platform, following).startswith("apple is not in ")


def test_every_service_runs_the_new_code_and_then_the_old_again(
    small_platform: Platform, following: Path
) -> None:
    first = small_platform.plan().services[0].folder.parent
    (following / "pear" / "migrations" / "0002_core.sql").write_text("create table core ();")
    upgrade_to(small_platform, following, print)
    assert versions(small_platform) == {"apple": "second", "pear": "second"}
    assert small_platform.plan().services[0].folder.parent == following
    upgrade_to(small_platform, first, print)
    assert versions(small_platform) == {"apple": "first", "pear": "first"}
