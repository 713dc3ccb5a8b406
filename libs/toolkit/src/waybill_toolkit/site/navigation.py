"""The list of all pages, in parts."""

from pathlib import Path

from waybill_toolkit.contracts.generate.schemas import GATEWAY
from waybill_toolkit.site.frame import Link, Section
from waybill_toolkit.site.plan import Plan, Source


def sections(root: Path, plan: Plan) -> list[Section]:
    """Make the parts of the site."""
    decisions = tuple(_link(root, each) for each in plan.decisions)
    changing = (*_links(root, plan.changing), Link("Decisions", "decisions/index.html", decisions))
    return [
        Section("Start", _links(root, plan.start)),
        Section("Reference", tuple(_reference(plan))),
        Section("Services", tuple(_service(each) for each in plan.services)),
        Section("Operations", _links(root, plan.operations)),
        Section("Changing it", changing),
        Section("More", _links(root, plan.more)),
    ]


def _reference(plan: Plan) -> list[Link]:
    if GATEWAY not in plan.packages:
        return []
    return [
        Link("HTTP API", f"services/{GATEWAY}/reference.html"),
        Link("Map of events", f"services/{GATEWAY}/events.html"),
    ]


def _service(source: Source) -> Link:
    name = Path(source.file).stem
    inner = (
        Link("HTTP API", f"services/{name}/reference.html"),
        Link("Events", f"services/{name}/events.html"),
    )
    return Link(name, source.page, () if name == GATEWAY else inner)


def _links(root: Path, sources: tuple[Source, ...]) -> tuple[Link, ...]:
    return tuple(_link(root, each) for each in sources)


def _link(root: Path, source: Source) -> Link:
    return Link(title_of(root / source.file), source.page)


def title_of(path: Path) -> str:
    """Read the first heading of a Markdown file."""
    if not path.is_file():
        return path.stem
    with path.open(encoding="utf-8") as lines:
        return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)
