"""Builds what a release publishes: wheels, client packages, the chart, and their checksums."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import known_languages, write
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.release.changelog import release_notes
from waybill_toolkit.release.errors import ReleaseError
from waybill_toolkit.release.versions import current_version

CHECKSUMS: Final = "SHA256SUMS"
NOTES: Final = "RELEASE_NOTES.md"
_WHEELS: Final = ("libs/common", "libs/toolkit")
_CHART: Final = "deploy/helm/waybill"


def build(root: Path, out: Path) -> list[Path]:
    """Build everything for the current version into `out`, and return the files.

    Client packages are archives of sources; the one for Python is also a wheel. The chart needs
    `helm`. Raises ReleaseError when `out` is not empty, or a program fails.
    """
    if out.exists() and any(out.iterdir()):
        raise ReleaseError(f"{out} is not empty; remove it.")
    out.mkdir(parents=True, exist_ok=True)
    version = current_version(root)
    notes = release_notes((root / "CHANGELOG.md").read_text("utf-8"), version)
    (out / NOTES).write_text(notes, "utf-8")
    services = sorted(path.parent for path in root.glob("services/*/pyproject.toml"))
    _wheels([*(root / each for each in _WHEELS), *services], out)
    _client_packages(root, version, out)
    if (root / _CHART).is_dir():
        _run([_program("helm"), "package", "--destination", str(out), str(root / _CHART)])
    files = sorted(path for path in out.iterdir() if path.is_file())
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (out / CHECKSUMS).write_text("".join(lines), "utf-8")
    return [*files, out / CHECKSUMS]


def _wheels(folders: Sequence[Path], out: Path) -> None:
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check")
    _run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), *map(str, folders)])


def _client_packages(root: Path, version: str, out: Path) -> None:
    contract = read_public_contract(Repository(root))
    for language in known_languages():
        folder = out / f"waybill-client-{language}-{version}"
        folder.mkdir()
        write(language, contract, folder)
        if language == "python":
            _wheels([folder], out)
        with tarfile.open(f"{folder}.tar.gz", "w:gz") as archive:
            archive.add(folder, folder.name)
        shutil.rmtree(folder)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ReleaseError(f"{name} is not installed; the release needs it.")
    return found


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command[:4])} failed:\n{done.stderr.strip()}")
