"""Where the contracts and the generated packages are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.cache import Cache, sum_of_inputs
from waybill_toolkit.contracts.generate.names import GATEWAY, SHARED
from waybill_toolkit.contracts.generate.writing import alone, stale, write

__all__ = ["Repository", "stale"]

PAGES: Final = "pages"
"""The folder of a generated package that holds what people read."""


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
        """Every service that has a contract, in alphabetical order.

        One with an asyncapi.yaml alone is not ours: its events are only heard of.
        """
        return sorted(path.parent.name for path in self.root.glob("contracts/*/openapi.yaml"))

    @property
    def packages(self) -> list[str]:
        """Everything that is generated: a package for each service, and the gateway's."""
        has_gateway = (self.root / "contracts" / GATEWAY / f"{GATEWAY}.yaml").is_file()
        return [*self.services, *([GATEWAY] if has_gateway else [])]

    @property
    def orphans(self) -> list[Path]:
        """Packages that were generated once, and whose contract is gone."""
        found = self.root.glob("services/*/src/*/contract")
        return sorted(path for path in found if path.parent.name not in self.packages)

    def package(self, service: str) -> Path:
        """Say where the generated package of a service is."""
        return self.root / "services" / service / "src" / service / "contract"

    def generate(self, packages: Iterable[str]) -> dict[Path, str]:
        """Make all files of these packages, in memory. Raises ContractError with all faults."""
        cache = self._cache()
        return self._code(packages, cache) | self._pages(cache)

    def code(self, packages: Iterable[str]) -> dict[Path, str]:
        """Make these packages without their pages, which tell of all services."""
        return self._code(packages, self._cache())

    def is_up_to_date(self) -> bool:
        """Tell whether everything is there as it was generated from what is there now.

        False also when nobody knows without generating it.
        """
        cache = self._cache()
        packages = self.packages
        kept = {package: cache.get(package) for package in (*packages, PAGES)}
        if self.orphans or None in kept.values():
            return False
        return not self.stale(self._code(packages, cache) | self._pages(cache))

    def _code(self, packages: Iterable[str], cache: Cache) -> dict[Path, str]:
        found = {package: cache.get(package) for package in packages}
        missing = [package for package, files in found.items() if files is None]
        made = {package: files for package, files in found.items() if files is not None}
        if missing:
            made |= self._make(missing)
        for package in missing:
            cache.put(package, made[package])
        return {
            self.package(package) / name: text
            for package, files in sorted(made.items())
            for name, text in files.items()
        }

    def _make(self, packages: list[str]) -> dict[str, dict[str, str]]:
        # Imported here: an unchanged run needs none of it, and takes a fifth of a second.
        from waybill_toolkit.contracts.generate.gateway import generate_gateway  # noqa: PLC0415
        from waybill_toolkit.contracts.generate.service import generate_services  # noqa: PLC0415

        contracts = self.root / "contracts"
        made = generate_services(contracts, [each for each in packages if each != GATEWAY])
        if GATEWAY in packages:
            made[GATEWAY] = generate_gateway(contracts, self.services)
        return made

    def _pages(self, cache: Cache) -> dict[Path, str]:
        """Write the pages for people, always all of them: each says who hears of what."""
        made = cache.get(PAGES)
        if made is None:
            from waybill_toolkit.contracts.reference.pages import write_pages  # noqa: PLC0415

            made = {
                str(path.relative_to(self.root)): text for path, text in write_pages(self).items()
            }
            cache.put(PAGES, made)
        return {self.root / path: text for path, text in made.items()}

    def _cache(self) -> Cache:
        key = sum_of_inputs(self.root / "contracts")
        return Cache(self.root / ".waybill" / "cache" / "generate", key)

    def write(self, files: Mapping[Path, str]) -> list[Path]:
        """Bring the tree up to date and say what was changed. Raises OSError, then nothing was."""
        with alone(self._lock):
            return write(files)

    def stale(self, files: Mapping[Path, str]) -> list[Path]:
        """Say what `write` would change."""
        with alone(self._lock):
            return list(stale(files))

    @property
    def _lock(self) -> Path:
        return self.root / ".waybill" / "cache" / "generate.lock"
