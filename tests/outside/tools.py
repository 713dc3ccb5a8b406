"""Installs the tools of others, at the versions that the lock files below pins/ name.

Everything is below build/outside, which git ignores, and is kept for the next run. Go and Maven
also use their own caches.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.node.packages import NodePackages, environment, installed

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "outside"
CLIENTS: Final = Path(__file__).parent / "clients"
PINS: Final = Path(__file__).parent / "pins"

COMMAND_SECONDS_MAX: Final = 500
"""The first build of oapi-codegen took 125 s on two busy cores."""


def run(
    *command: object, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end and return its output. Fails with all that it said."""
    name = shutil.which(str(command[0]))
    assert name, f"{command[0]} is not installed; `make outside` needs go, java, javac and mvn"
    done = subprocess.run(
        [name, *map(str, command[1:])],
        cwd=folder,
        env=environment(**(variables or {})),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=COMMAND_SECONDS_MAX,
    )
    assert done.returncode == 0, f"{name} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def empty_folder(name: str) -> Path:
    """Return a folder of this name below build/outside, without what an earlier run left there."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def node() -> NodePackages:
    """Install the packages of npm."""
    return installed(PINS / "node", BUILD / "node")


@dataclass(frozen=True)
class Python:
    """A virtual environment with the generators that come from PyPI."""

    folder: Path

    @property
    def interpreter(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def openapi_generator(self) -> Path:
        """The jar of openapi-generator, which its wheel contains."""
        [jar] = self.folder.glob("lib/*/site-packages/openapi_generator_cli/openapi-generator.jar")
        return jar

    def command(self, program: Path, package: Path) -> list[object]:
        """Return the command that runs a program with the package that a generator wrote."""
        return ["env", f"PYTHONPATH={package}", self.interpreter, program]

    def type_check(self, program: Path, package: Path) -> None:
        """Check a program with mypy, against the package that a generator wrote."""
        mypy = Path(sys.executable).with_name("mypy")
        options = ("--strict", "--implicit-reexport", "--follow-imports=silent", "--config-file=")
        where = (f"--cache-dir={BUILD / 'mypy'}", f"--python-executable={self.interpreter}")
        run(mypy, *options, *where, program, variables={"MYPYPATH": str(package)})


def python() -> Python:
    """Install the packages of PyPI, once for each content of the lock file."""
    lock = PINS / "python" / "requirements.lock"
    made = Python(BUILD / "python" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16])
    stamp = made.folder / "ready"
    if not stamp.exists():
        uv = Path(sys.executable).with_name("uv")
        run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, made.folder)
        run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", made.interpreter, lock)
        stamp.touch()
    return made
