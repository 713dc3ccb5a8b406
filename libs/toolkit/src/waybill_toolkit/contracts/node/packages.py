"""Installs the packages of a lock file, once for each content of the file.

    .waybill/node/<checksum of the lock file>/node_modules/

The lock file has versions and checksums but no addresses, so npm uses the configured registry and
verifies each package.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.node.program import NodeProgram, NodeUnavailableError, find_node

INSTALL_SECONDS_MAX: Final = 600
"""70 MB from a registry that may be slow; it took 20 to 80 seconds in tests."""


@dataclass(frozen=True, slots=True)
class NodePackages:
    """Installed packages."""

    program: NodeProgram
    folder: Path

    def command(self, script: str, *arguments: str) -> list[str]:
        """Return the command line that runs a script of these packages."""
        return [str(self.program.node), str(self.folder / "node_modules" / script), *arguments]


def installed(manifest: Path, home: Path) -> NodePackages:
    """Install the packages of `manifest/package-lock.json` below `home`, unless they are installed.

    Raises NodeUnavailableError.
    """
    program = find_node()
    lock = (manifest / "package-lock.json").read_bytes()
    folder = home / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as half:
            _install(program, manifest, Path(half) / "packages")
            _move(Path(half) / "packages", folder)
    return NodePackages(program, folder)


def environment(**more: str) -> Mapping[str, str]:
    """Return the environment for a tool: that of this process, without colours."""
    return {**os.environ, "CI": "1", "NO_COLOR": "1", **more}


def _install(program: NodeProgram, manifest: Path, folder: Path) -> None:
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(manifest / name, folder)
    command = [*program.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            command,
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        raise _unavailable(f"no result within {INSTALL_SECONDS_MAX} seconds") from None
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise _unavailable(errors[0] if errors else f"exit status {done.returncode}")


def _unavailable(why: str) -> NodeUnavailableError:
    return NodeUnavailableError(
        f"npm could not install the packages of package-lock.json ({why})."
        " Make the npm registry reachable and run the command again."
    )


def _move(source: Path, target: Path) -> None:
    """Rename the finished folder, unless another process has already created it."""
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():
            raise
