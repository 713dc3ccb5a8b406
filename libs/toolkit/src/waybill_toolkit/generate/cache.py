"""Keeps what was generated, by a sum over all that it depends on, so that nothing is done twice."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

TOOLS: Final = ("datamodel-code-generator", "jinja2", "openapi-spec-validator", "ruff")


@dataclass(frozen=True, slots=True)
class Cache:
    """One file for each service in `folder`; `key` is that of the inputs of this run."""

    folder: Path
    key: str

    def get(self, service: str) -> dict[str, str] | None:
        """Look up the files of a service; None when they were made from something else."""
        try:
            kept = json.loads(self._path(service).read_bytes())
        except (OSError, ValueError):
            return None
        files: dict[str, str] = kept["files"]
        return files if kept["key"] == self.key else None

    def put(self, service: str, files: Mapping[str, str]) -> None:
        """Keep the files of a service instead of those kept before."""
        path = self._path(service)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.write_text(json.dumps({"key": self.key, "files": files}), encoding="utf-8")
        new.replace(path)

    def _path(self, service: str) -> Path:
        return self.folder / f"{service}.json"


def sum_of_inputs(contracts: Iterable[Path]) -> str:
    """Sum up the contracts, the sources of this generator and the versions of its tools."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    own = (path for pattern in ("*.py", "*.jinja", "*.schema.json") for path in here.rglob(pattern))
    for path in (*sorted(contracts), *sorted(own)):
        content = path.read_bytes()
        digest.update(f"{path}\n{len(content)}\n".encode() + content)
    for tool in TOOLS:
        digest.update(f"{tool}=={version(tool)}\n".encode())
    return digest.hexdigest()
