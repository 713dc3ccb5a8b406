"""The pages that a service shows people, all from this process: nothing is fetched from elsewhere.

/docs             Swagger UI, in which operations can be tried
/docs/reference   the HTTP API, to be read
/docs/events      the events: who sends and who receives them
/openapi.json     the contracts themselves, byte for byte; of events /asyncapi.json, and where those
                  of several services are kept /asyncapi/<service>.json

Reference and events are written by `waybill generate` beside the contract; here they get their
frame. Swagger UI is that of the package `fastapi-swagger`, used as data only. Files are read when
they are asked for: that is seldom, and they need not lie in memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Final

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from waybill.http.reply import JSON, Reply
from waybill.http.routing import add

HTML: Final = "text/html; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"

_HERE: Final = files("waybill.docs")
_SWAGGER: Final = files("fastapi_swagger").joinpath("resources")

OWN_ASSETS: Final = {"style.css": _STYLE, "theme.js": _SCRIPT}
"""What the pages look like; the site of `waybill docs` takes them from here."""

_SWAGGER_ASSETS: Final = {
    "swagger-ui-bundle.js": _SCRIPT,
    "swagger-ui.css": _STYLE,
    "favicon-32x32.png": "image/png",
}

_TRY: Final = "/docs"
_PAGES: Final = {"reference": "Reference", "events": "Events"}
_TRY_BODY: Final = """<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-start.js"></script>"""

_POLICY: Final = (
    "content-security-policy",
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
)
_FOR_A_DAY: Final = ("cache-control", "max-age=86400")


def mount_docs(router: Router, service: str, contract: Traversable) -> None:
    """Serve the contracts and the pages that the generated package `contract` holds."""
    documents = dict(_documents(contract))
    for path, document in documents.items():
        add(router, path, {"GET": _File(document, JSON)})
    pages = {name: page for name in _PAGES if (page := _page(contract, name)).is_file()}
    links = [(f"/docs/{name}", _PAGES[name]) for name in pages]
    links += [(_TRY, "Try it"), *((path, path.rpartition("/")[2]) for path in documents)]
    add(router, _TRY, {"GET": _Framed(service, _TRY, links, _TRY_BODY)})
    for name, page in pages.items():
        path = f"/docs/{name}"
        add(router, path, {"GET": _Framed(service, path, links, page)})
    for name, media_type in (OWN_ASSETS | {"swagger-start.js": _SCRIPT}).items():
        add(router, f"/docs/{name}", {"GET": _File(_HERE.joinpath(name), media_type)})
    for name, media_type in _SWAGGER_ASSETS.items():
        asset = _File(_SWAGGER.joinpath(name), media_type, (_FOR_A_DAY,))
        add(router, f"/docs/{name}", {"GET": asset})


def _documents(contract: Traversable) -> Iterator[tuple[str, Traversable]]:
    for name in ("openapi.json", "asyncapi.json"):
        if (document := contract.joinpath(name)).is_file():
            yield f"/{name}", document
    several = contract.joinpath("asyncapi")
    if several.is_dir():
        for document in sorted(several.iterdir(), key=lambda each: each.name):
            yield f"/asyncapi/{document.name}", document


def _page(contract: Traversable, name: str) -> Traversable:
    return contract.joinpath("pages", f"{name}.html")


@dataclass(frozen=True, slots=True)
class _File:
    """Answers with a file as it is."""

    file: Traversable
    media_type: str
    headers: tuple[tuple[str, str], ...] = ()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = (*self.headers, ("content-type", self.media_type))
        await Reply(200, headers, self.file.read_bytes()).send(send)


@dataclass(frozen=True, slots=True)
class _Framed:
    """Answers with a page: what it shows, below a bar with the other pages."""

    service: str
    path: str
    links: list[tuple[str, str]]
    body: Traversable | str

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body = self.body if isinstance(self.body, str) else self.body.read_text("utf-8")
        frame = Template(_HERE.joinpath("frame.html").read_text("utf-8"))
        page = frame.substitute(self._texts(), body=body)
        await Reply(200, (_POLICY, ("content-type", HTML)), page.encode()).send(send)

    def _texts(self) -> Mapping[str, str]:
        here = dict(self.links)[self.path]
        links = (
            f'<a href="{path}"{" aria-current=page" * (path == self.path)}>{escape(text)}</a>'
            for path, text in self.links
        )
        service = escape(self.service)
        return {"service": service, "title": f"{service}: {here}", "links": "\n".join(links)}
