"""Builds the site: a folder of files that work without a server."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final

from waybill.docs import OWN_ASSETS
from waybill_toolkit.contracts.reference.pages import read_reference
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.site.diagrams import Diagrams
from waybill_toolkit.site.facts import Facts
from waybill_toolkit.site.frame import Frame
from waybill_toolkit.site.links import link_faults
from waybill_toolkit.site.markdown import Heading, Renderer, code, contents
from waybill_toolkit.site.navigation import sections
from waybill_toolkit.site.plan import Plan, Source, make_plan
from waybill_toolkit.site.targets import SOURCES, Targets

_SITE_ASSETS: Final = ("site.css", "icon.svg")
_MADE_BY_US: Final = ".waybill-docs"
"""Marks a folder that may be emptied before the next build."""


class SiteError(Exception):
    """The site cannot be built, or has faults; one line for each."""


def build_site(repository: Repository, folder: Path) -> int:
    """Build all pages into `folder` and return their number. Raises SiteError, ContractError.

    The folder must be empty, new, or from an earlier build.
    """
    _clear(folder)
    pages = dict(_Site.of(repository).pages())
    for page, text in pages.items():
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _copy_assets(folder / "assets")
    if faults := link_faults(folder):
        raise SiteError("\n".join(faults))
    return len(pages)


def _clear(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MADE_BY_US).is_file():
            raise SiteError(f"{folder} is not empty, and no site was built there; name another.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MADE_BY_US).touch()


def _copy_assets(folder: Path) -> None:
    folder.mkdir()
    for package, names in (("waybill.docs", OWN_ASSETS), ("waybill_toolkit.site", _SITE_ASSETS)):
        for name in names:
            (folder / name).write_bytes(files(package).joinpath(name).read_bytes())


@dataclass(frozen=True, slots=True)
class _Site:
    repository: Repository
    plan: Plan
    targets: Targets
    facts: Facts
    diagrams: Diagrams
    frame: Frame

    @classmethod
    def of(cls, repository: Repository) -> "_Site":
        plan = make_plan(repository)
        reference = read_reference(repository)
        return cls(
            repository,
            plan,
            Targets(repository.root, plan.targets()),
            Facts(repository.root, reference, plan.packages),
            Diagrams(repository.root / ".waybill" / "cache" / "diagrams"),
            Frame(sections(repository.root, plan)),
        )

    def pages(self) -> Iterator[tuple[str, str]]:
        """Write all pages, then the pages of linked source files."""
        for source in self.plan.all():
            yield source.page, self.page(source)
        for folder, title, sources in (
            ("decisions", "Decisions", self.plan.decisions),
            ("services", "Services", self.plan.services),
        ):
            html = f"<h1>{title}</h1>\n{self.facts.listed(sources)}"
            page = f"{folder}/index.html"
            yield page, self.written(page, title, html, ())
        for service in self.plan.packages:
            reference = self.facts.reference
            for name, title, body in (
                ("reference", f"HTTP API of {service}", reference.http_page(service)),
                ("events", f"Events of {service}", reference.events_page(service)),
            ):
                page = f"services/{service}/{name}.html"
                yield page, self.frame.around(page, title, body)
        for file in sorted(self.targets.shown):
            yield f"{SOURCES}/{file}.html", self.source(file)

    def page(self, source: Source) -> str:
        """Write the page of a Markdown file, with its generated parts."""
        text = self.text(source)
        renderer = Renderer(
            link=lambda target: self.targets.link(target, source.file, source.page),
            draw=self.diagrams.draw,
            generate=self.facts.generate,
            picture=lambda target: self.targets.picture(target, source.file),
        )
        rendered = renderer.render(text)
        html, headings = rendered.html, rendered.headings
        if source in self.plan.services:
            service = Path(source.file).stem
            with_settings = "generated: settings" not in text
            html += self.facts.of_service(service, with_settings=with_settings)
            headings += self.facts.headings(service, with_settings=with_settings)
        return self.written(source.page, rendered.title, html, headings)

    def text(self, source: Source) -> str:
        path = self.repository.root / source.file
        if path.is_file():
            return path.read_text(encoding="utf-8")
        return self.facts.introduction(path.stem)

    def source(self, file: str) -> str:
        path = self.repository.root / file
        html = f"<h1><code>{escape(file)}</code></h1>\n" + code(
            path.read_text(encoding="utf-8"), path.suffix.removeprefix(".") or "text"
        )
        return self.written(f"{SOURCES}/{file}.html", file, html, ())

    def written(self, page: str, title: str, html: str, headings: tuple[Heading, ...]) -> str:
        body = (
            f'<nav class="contents" aria-label="Contents">{contents(headings)}</nav>\n'
            f'<main class="text">\n{html}</main>'
        )
        return self.frame.around(page, title, body)
