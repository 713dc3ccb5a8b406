"""Generates parts of pages from contracts, settings and file names."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.schemas import GATEWAY
from waybill_toolkit.contracts.guards.table import COLUMNS, cells, guards_of
from waybill_toolkit.contracts.reference.event_map import show
from waybill_toolkit.contracts.reference.html import render_from
from waybill_toolkit.contracts.reference.pages import Reference
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.operations.audit.invariants import INVARIANTS
from waybill_toolkit.site.frame import Link
from waybill_toolkit.site.markdown import Heading
from waybill_toolkit.site.navigation import title_of
from waybill_toolkit.site.plan import Source
from waybill_toolkit.site.settings import Setting, common_settings, own_settings, trace_settings

_PACKAGE: Final = "waybill_toolkit.site"


class UnknownMarkerError(Exception):
    """A page has an unknown marker."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Writes the generated parts of pages."""

    root: Path
    reference: Reference
    packages: tuple[str, ...]

    def generate(self, wanted: str) -> str:
        """Generate the part of a marker. Raises UnknownMarkerError."""
        match wanted.split():
            case ["settings"]:
                return _table(common_settings())
            case ["settings", "of", "traces"]:
                return _table(trace_settings())
            case ["settings", service] if service in self.packages:
                return _table(own_settings(self.root, service))
            case ["invariants"]:
                return render_from(_PACKAGE, "invariants.html.jinja", invariants=INVARIANTS)
            case ["guards"]:
                return render_from(
                    _PACKAGE, "guards.html.jinja", columns=COLUMNS, rows=self._guards()
                )
            case ["map", "of", "events"]:
                return show(self.reference.events, links=False)
            case _:
                raise UnknownMarkerError(f"nothing is known that is called {wanted!r}")

    def _guards(self) -> list[tuple[str, ...]]:
        repository = Repository(self.root)
        upstreams = dict.fromkeys(repository.services, "http://unknown")
        settings = {"upstreams": upstreams, "access": "open"}
        return list(map(cells, guards_of(repository, settings)))

    def of_service(self, service: str, *, with_settings: bool) -> str:
        """Generate the last part of a service's page."""
        events = self.reference.events.of_service(service)
        settings = own_settings(self.root, service) if with_settings else None
        return render_from(
            _PACKAGE,
            "service.html.jinja",
            service=service,
            api=None if service == GATEWAY else self.reference.apis[service],
            events=events,
            map=show(events, links=False),
            settings=settings,
            settings_table=_table(settings or []),
        )

    def headings(self, service: str, *, with_settings: bool) -> tuple[Heading, ...]:
        """Return the headings of `of_service`."""
        shown = {
            "Operations": service != GATEWAY,
            "Events": bool(self.reference.events.of_service(service).events),
            "Settings": with_settings,
        }
        found = (text for text, is_shown in shown.items() if is_shown)
        return tuple(Heading(2, text, text.lower()) for text in found)

    def introduction(self, service: str) -> str:
        """Generate the first part of the page of a service without its own page, as Markdown."""
        return f"# {service}\n\n{self.reference.apis[service].text}\n"

    def listed(self, sources: Iterable[Source]) -> str:
        """List the pages of one folder."""
        links = [
            Link(title_of(self.root / each.file), posixpath.basename(each.page)) for each in sources
        ]
        return render_from(_PACKAGE, "list.html.jinja", links=links)


def _table(settings: list[Setting]) -> str:
    return render_from(_PACKAGE, "settings.html.jinja", settings=settings)
