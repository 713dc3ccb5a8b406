"""The files that are generated from the contracts of a tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.cache import Cache, sum_of_inputs, sum_of_sources
from waybill_toolkit.contracts.generate.names import GATEWAY
from waybill_toolkit.contracts.generate.tree import Tree
from waybill_toolkit.contracts.generate.writing import alone, stale, write

__all__ = ["Repository", "stale"]

EVENT_MAP: Final = "docs/generated/event-map.svg"
"""The only page in git: code hosts show it in Markdown."""

CHART: Final = "deploy/helm/waybill"

_PAGES: Final = "pages"
_CHART: Final = "chart"


@dataclass(frozen=True, slots=True)
class Repository(Tree):
    """A source tree with generated packages."""

    def generate(self, packages: Iterable[str]) -> dict[Path, str]:
        """Generate all files of these packages, in memory. Raises ContractError with all faults."""
        cache = self._cache()
        return self._code(packages, cache) | self._event_map(cache) | self.chart()

    def code(self, packages: Iterable[str]) -> dict[Path, str]:
        """Generate these packages without the map of events, which shows all services."""
        return self._code(packages, self._cache())

    def pages(self) -> dict[str, str]:
        """Render the pages, by package and file: `orders/reference.html`.

        Raises ContractError.
        """
        return self._pages(self._cache())

    def is_up_to_date(self) -> bool:
        """Return whether all generated files are up to date.

        False also when the cache has no answer.
        """
        cache = self._cache()
        packages = self.packages
        needed = [*packages, _PAGES] if GATEWAY in packages else packages
        if self.orphans or any(cache.get(each) is None for each in needed):
            return False
        if self._has_chart and self._chart_cache().get(_CHART) is None:
            return False
        files = self._code(packages, cache) | self._event_map(cache) | self.chart()
        return not self.stale(files)

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
        # Imported here: an unchanged run does not need it, and so takes a fifth of a second.
        from waybill_toolkit.contracts.generate.gateway import generate_gateway  # noqa: PLC0415
        from waybill_toolkit.contracts.generate.service import generate_services  # noqa: PLC0415

        contracts = self.root / "contracts"
        made = generate_services(contracts, [each for each in packages if each != GATEWAY])
        if GATEWAY in packages:
            made[GATEWAY] = generate_gateway(contracts, self.services)
        return made

    def _event_map(self, cache: Cache) -> dict[Path, str]:
        if GATEWAY not in self.packages:
            return {}
        return {self.root / EVENT_MAP: self._pages(cache)[f"{GATEWAY}/event-map.svg"]}

    def _pages(self, cache: Cache) -> dict[str, str]:
        """Render all pages: each names the receivers of its events."""
        made = cache.get(_PAGES)
        if made is None:
            from waybill_toolkit.contracts.reference.pages import render_pages  # noqa: PLC0415 - see _make

            made = render_pages(self)
            cache.put(_PAGES, made)
        return made

    def chart(self) -> dict[Path, str]:
        """Generate the files of deploy/helm/; none without a chart. Raises ContractError."""
        if not self._has_chart:
            return {}
        cache = self._chart_cache()
        made = cache.get(_CHART)
        if made is None:
            from waybill_toolkit.contracts.chart.facts import public_paths, read_facts  # noqa: PLC0415 - see _make
            from waybill_toolkit.contracts.chart.files import chart_files  # noqa: PLC0415 - see _make
            from waybill_toolkit.contracts.observe.files import observe_files  # noqa: PLC0415 - see _make

            documents = self.code(self.packages)
            facts = read_facts(self, documents)
            made = chart_files(facts, public_paths(self, documents)) | observe_files(self, facts)
            cache.put(_CHART, made)
        return {self.root / path: text for path, text in made.items()}

    @property
    def _has_chart(self) -> bool:
        has_chart = (self.root / CHART / "Chart.yaml").is_file()
        return has_chart and GATEWAY in self.packages

    def _chart_cache(self) -> Cache:
        cache = self._cache()
        return Cache(cache.folder, cache.key + sum_of_sources(self.root))

    def _cache(self) -> Cache:
        key = sum_of_inputs(self.root / "contracts")
        return Cache(self.root / ".waybill" / "cache" / "generate", key)

    def write(self, files: Mapping[Path, str]) -> list[Path]:
        """Update the tree and return the changed files. On OSError nothing is changed."""
        with alone(self._lock):
            return write(files)

    def stale(self, files: Mapping[Path, str]) -> list[Path]:
        """Return the files that `write` would change."""
        with alone(self._lock):
            return list(stale(files))

    @property
    def _lock(self) -> Path:
        return self.root / ".waybill" / "cache" / "generate.lock"
