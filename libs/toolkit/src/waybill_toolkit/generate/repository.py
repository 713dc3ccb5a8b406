"""Where the contracts and the generated packages are, and what of these is stale."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from waybill_toolkit.generate.cache import Cache, sum_of_inputs
from waybill_toolkit.generate.schemas import SHARED


@dataclass(frozen=True, slots=True)
class Repository:
    """A tree with `contracts/` and `services/`."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> "Repository":
        """Find the tree that `folder` is in. Raises FileNotFoundError."""
        for candidate in (folder, *folder.parents):
            if (candidate / "contracts" / SHARED / "problems.yaml").is_file():
                return cls(candidate)
        raise FileNotFoundError(f"there is no contracts/ in {folder} or above it")

    @property
    def services(self) -> list[str]:
        """Every service that has a contract, in alphabetical order."""
        return sorted(path.parent.name for path in self.root.glob("contracts/*/openapi.yaml"))

    def package(self, service: str) -> Path:
        """Say where the generated package of a service is."""
        return self.root / "services" / service / "src" / service / "contract"

    def generate(self, services: Iterable[str]) -> dict[Path, str]:
        """Make all files of these services, in memory. Raises ContractError with all faults."""
        cache = Cache(
            self.root / ".waybill" / "cache" / "generate",
            sum_of_inputs(self.root.glob("contracts/*/*.yaml")),
        )
        found = {service: cache.get(service) for service in services}
        missing = [service for service, files in found.items() if files is None]
        made = {service: files for service, files in found.items() if files is not None}
        if missing:
            # Imported here: an unchanged run needs none of it, and takes a fifth of a second.
            from waybill_toolkit.generate.service import generate_services  # noqa: PLC0415

            made |= generate_services(self.root / "contracts", missing)
        for service in missing:
            cache.put(service, made[service])
        return {
            self.package(service) / name: text
            for service, files in sorted(made.items())
            for name, text in files.items()
        }

    def write(self, files: Mapping[Path, str]) -> list[Path]:
        """Bring the tree up to date, each file in one step, and say which were changed."""
        changed = list(stale(files))
        for path in changed:
            if path not in files:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.{os.getpid()}")
            new.write_bytes(files[path].encode())
            new.replace(path)
        return changed


def stale(files: Mapping[Path, str]) -> Iterator[Path]:
    """Find what differs from what was generated, is missing, or should not be there."""
    for path, text in files.items():
        if not path.is_file() or path.read_bytes() != text.encode():
            yield path
    for folder in sorted({path.parent for path in files}):
        yield from sorted(path for path in folder.glob("*") if path.is_file() and path not in files)
