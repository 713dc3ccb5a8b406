"""Keeps what was generated, by a sum over all that it depends on, so that nothing is done twice.

What is kept is only ever compared with, or written to, the packages: an edited package is seen
whether or not something is kept. A file that is not whole, or that was made from something else,
counts as not there.
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

SOURCES: Final = ("generate/**/*", "reference/**/*", "gates/__init__.py", "gates/contracts.py")
"""All of this package that generates something, the templates too."""

TOOLKIT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cache:
    """One file for each package in `folder`; `key` is the sum of the inputs of this run.

    A file begins with a sum over the key and the rest of it.
    """

    folder: Path
    key: str

    def get(self, package: str) -> dict[str, str] | None:
        """Look up the files of a package; None when they are not kept, or not as they were put."""
        try:
            told, _, content = self._path(package).read_bytes().partition(b"\n")
        except OSError:
            return None
        if told != self._sum(content):
            return None
        files: dict[str, str] = json.loads(content)
        return files

    def put(self, package: str, files: Mapping[str, str]) -> None:
        """Keep the files of a package instead of those kept before, if that can be done at all."""
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
    """Sum up the contracts, the sources of this generator, Python and whatever is installed."""
    digest = hashlib.sha256(f"{sys.version}\n{sorted(_installed())}\n".encode())
    for folder, patterns in ((contracts, ("**/*",)), (TOOLKIT, SOURCES)):
        for path in sorted(each for pattern in patterns for each in folder.glob(pattern)):
            if path.is_file() and path.parent.name != "__pycache__":
                content = path.read_bytes()
                name = path.relative_to(folder).as_posix()
                digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _installed() -> Iterator[str]:
    """Name each library with its version, as its folder of metadata does."""
    for entry in sys.path:
        for path in Path(entry or ".").glob("*.dist-info"):
            yield path.name
