"""Finds the pages of the site, and their order.

A page of `docs/` without a part is listed under "More". A service is listed as soon as it has a
contract.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.schemas import GATEWAY
from waybill_toolkit.contracts.repository import EVENT_MAP, Repository

START: Final = (
    "README.md",
    "docs/start.md",
    "docs/concepts.md",
    "docs/money.md",
    "docs/tutorial.md",
    "docs/fastapi.md",
    "docs/sdks.md",
    "docs/outside.md",
)
OPERATIONS: Final = (
    "docs/install.md",
    "docs/scale-to-zero.md",
    "docs/operations.md",
    "docs/telemetry.md",
    "docs/images.md",
    "docs/upgrading.md",
    "docs/backup.md",
    "docs/security.md",
    "docs/personal-data.md",
    "docs/importing.md",
    "docs/conformance.md",
    "docs/chaos.md",
    "docs/benchmarks.md",
    "docs/performance.md",
    "docs/scale.md",
)
CHANGING: Final = ("CONTRIBUTING.md", "docs/development.md", "docs/contract-mutations.md")
LAST: Final = ("CHANGELOG.md",)

_GENERATED: Final = {EVENT_MAP: f"services/{GATEWAY}/events.html#map"}


@dataclass(frozen=True, slots=True)
class Source:
    """A Markdown file of the repository, and the page that it becomes."""

    file: str
    page: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All Markdown files of the site, by part."""

    start: tuple[Source, ...]
    services: tuple[Source, ...]
    operations: tuple[Source, ...]
    changing: tuple[Source, ...]
    decisions: tuple[Source, ...]
    more: tuple[Source, ...]

    @property
    def packages(self) -> tuple[str, ...]:
        """The services, and the gateway."""
        return tuple(Path(each.file).stem for each in self.services)

    def targets(self) -> dict[str, str]:
        """Return the page of a file or folder of the repository."""
        return {
            **{each.file: each.page for each in self.all()},
            "docs/decisions": "decisions/index.html",
            "docs/services": "services/index.html",
            **_GENERATED,
        }

    def all(self) -> Iterator[Source]:
        """Yield all files, in the order of the site."""
        yield from self.start
        yield from self.services
        yield from self.operations
        yield from self.changing
        yield from self.decisions
        yield from self.more


def make_plan(repository: Repository) -> Plan:
    """Find the files."""
    root = repository.root
    named = {*START, *OPERATIONS, *CHANGING, *LAST}
    others = [each for each in _found(root, "docs") if each not in named]
    return Plan(
        start=_there(root, START),
        services=tuple(
            Source(f"docs/services/{name}.md", f"services/{name}.html")
            for name in repository.packages
        ),
        operations=_there(root, OPERATIONS),
        changing=_there(root, CHANGING),
        decisions=_there(root, _found(root, "docs/decisions")),
        more=_there(root, [*others, *LAST]),
    )


def _found(root: Path, folder: str) -> list[str]:
    return [f"{folder}/{path.name}" for path in sorted(root.glob(f"{folder}/*.md"))]


def _there(root: Path, files: Iterable[str]) -> tuple[Source, ...]:
    return tuple(Source(each, _page_of(each)) for each in files if (root / each).is_file())


def _page_of(file: str) -> str:
    if file == "README.md":
        return "index.html"
    name = file.removeprefix("docs/").removesuffix(".md")
    return f"{name.lower() if '/' not in file else name}.html"
