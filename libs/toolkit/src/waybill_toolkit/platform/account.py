"""The account that PostgreSQL runs under: it refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from waybill_toolkit.platform.errors import PlatformError

_CHECK_SECONDS = 10


class PopenAccount(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[str | int]


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can use `folder`. The system decides, so ACLs count too."""
        return self._succeeds("test", "-x", str(folder))

    def can_run(self, program: Path) -> bool:
        return self._succeeds(str(program), "--version")

    def _succeeds(self, *command: str) -> bool:
        try:
            finished = subprocess.run(  # noqa: S603 - both commands are fixed
                command,
                check=False,
                capture_output=True,
                cwd="/",
                timeout=_CHECK_SECONDS,
                **self.popen_arguments(),
            )
        except OSError:
            return False
        return finished.returncode == 0

    def popen_arguments(self) -> PopenAccount:
        """Return the arguments with which `subprocess` runs a child as this account."""
        if self.is_ours:
            return PopenAccount()
        return PopenAccount(user=self.uid, group=self.gid, extra_groups=[])


def server_account() -> Account:
    """Return the current account, or for root the unprivileged account `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise PlatformError(
            "PostgreSQL does not run as root and this system has no user `nobody` to run it as: "
            "start Waybill as an ordinary user."
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid)
