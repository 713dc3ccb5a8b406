"""Caches generated files by a checksum of all their inputs.

Cached files are only compared with the packages or written to them, so edits of a package are
always detected. A damaged or stale cache file is ignored.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = ("chart/*.py", "generate/**/*", "observe/*.py", "reference/**/*", "*.py")
"""The parts of this package that generate files, including templates."""

GENERATOR: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Cache:
    """One file for each package in `folder`; `key` is the checksum of the inputs.

    A file begins with a checksum of the key and its contents.
    """

    folder: Path
    key: str

    def get(self, package: str) -> dict[str, str] | None:
        """Look up the files of a package; None when they are missing, stale or damaged."""
        try:
            checksum, _, content = self._path(package).read_bytes().partition(b"\n")
        except OSError:
            return None
        if checksum != self._sum(content):
            return None
        files: dict[str, str] = json.loads(content)
        return files

    def put(self, package: str, files: Mapping[str, str]) -> None:
        """Store the files of a package, if possible, in place of older ones."""
        content = json.dumps(files).encode()
        path = self._path(package)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(self._sum(content) + b"\n" + content)
            new.replace(path)

    def _path(self, package: str) -> Path:
        return self.folder / package

    def _sum(self, content: bytes) -> bytes:
        return hashlib.sha256(self.key.encode() + content).hexdigest().encode()


def sum_of_inputs(contracts: Path) -> str:
    """Compute a checksum of contracts, generator, Python and installed packages."""
    digest = hashlib.sha256(f"{sys.version}\n{sorted(_installed())}\n".encode())
    for folder, patterns in ((contracts, ("**/*",)), (GENERATOR, SOURCES)):
        for path in sorted(each for pattern in patterns for each in folder.glob(pattern)):
            if path.is_file() and path.parent.name != "__pycache__":
                content = path.read_bytes()
                name = path.relative_to(folder).as_posix()
                digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def sum_of_sources(root: Path) -> str:
    """Compute a checksum of what the chart shows of services beyond their contracts."""
    digest = hashlib.sha256()
    modules = ("services/*/src/*/*.py", "libs/common/src/waybill/**/*.py")
    for path in sorted(each for pattern in modules for each in root.glob(pattern)):
        digest.update(path.read_bytes())
    for path in sorted(root.glob("services/*/migrations")):
        digest.update(path.relative_to(root).as_posix().encode())
    return digest.hexdigest()


def _installed() -> Iterator[str]:
    """Return the name and version of each library, from its metadata folder."""
    for entry in sys.path:
        for path in Path(entry or ".").glob("*.dist-info"):
            yield path.name
