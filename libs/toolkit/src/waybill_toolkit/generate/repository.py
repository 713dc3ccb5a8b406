"""Where the contracts and the generated packages are, and what of these is stale."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.generate.cache import Cache, sum_of_inputs
from waybill_toolkit.generate.schemas import GATEWAY, SHARED

PAGES: Final = "pages"
"""The folder of a generated package that holds what people read."""
_REFERENCE: Final = Path(__file__).parents[1] / "reference"


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

    @property
    def packages(self) -> list[str]:
        """Everything that is generated: a package for each service, and the gateway's."""
        has_gateway = (self.root / "contracts" / GATEWAY / f"{GATEWAY}.yaml").is_file()
        return [*self.services, *([GATEWAY] if has_gateway else [])]

    def package(self, service: str) -> Path:
        """Say where the generated package of a service is."""
        return self.root / "services" / service / "src" / service / "contract"

    def generate(self, packages: Iterable[str]) -> dict[Path, str]:
        """Make all files of these packages, in memory. Raises ContractError with all faults."""
        cache = Cache(
            self._cache,
            sum_of_inputs(self.root.glob("contracts/*/*.yaml")),
        )
        found = {package: cache.get(package) for package in packages}
        missing = [package for package, files in found.items() if files is None]
        made = {package: files for package, files in found.items() if files is not None}
        if missing:
            made |= self._make(missing)
        for package in missing:
            cache.put(package, made[package])
        written = {
            self.package(package) / name: text
            for package, files in sorted(made.items())
            for name, text in files.items()
        }
        return written | self._pages()

    def _make(self, packages: list[str]) -> dict[str, dict[str, str]]:
        # Imported here: an unchanged run needs none of it, and takes a fifth of a second.
        from waybill_toolkit.generate.gateway import generate_gateway  # noqa: PLC0415
        from waybill_toolkit.generate.service import generate_services  # noqa: PLC0415

        contracts = self.root / "contracts"
        made = generate_services(contracts, [each for each in packages if each != GATEWAY])
        if GATEWAY in packages:
            made[GATEWAY] = generate_gateway(contracts, self.services)
        return made

    def _pages(self) -> dict[Path, str]:
        """Write the pages for people, always all of them: each says who hears of what."""
        inputs = (
            *self.root.glob("contracts/*/*.yaml"),
            *self.root.glob("contracts/*/examples/*/*"),
        )
        sources = (path for path in _REFERENCE.rglob("*") if path.suffix in (".py", ".jinja"))
        cache = Cache(self._cache, sum_of_inputs((*inputs, *sources)))
        made = cache.get(PAGES)
        if made is None:
            from waybill_toolkit.reference.pages import write_pages  # noqa: PLC0415

            made = {
                str(path.relative_to(self.root)): text for path, text in write_pages(self).items()
            }
            cache.put(PAGES, made)
        return {self.root / path: text for path, text in made.items()}

    @property
    def _cache(self) -> Path:
        return self.root / ".waybill" / "cache" / "generate"

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
