"""The documentation pages of a service, served without external resources.

/                 what this is, and where to go
/docs             Swagger UI, to try operations
/docs/reference   the reference of the HTTP API
/docs/events      the events, with their senders and receivers
/openapi.json     the contract, as this instance fulfils it (see instance.py); of events
                  /asyncapi.json, and for the contracts of several services /asyncapi/<service>.json
/docs/own         Swagger UI of the routes of a service outside its contract, if it has any;
                  /docs/own.json is FastAPI's schema of them

Reference and events are rendered from the contracts (see pages.py); this module adds the frame.
Swagger UI comes from the package `fastapi-swagger`, used as data only. Files are read for each
request: requests are rare, and the files need no memory.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any, Final

import orjson
from starlette.routing import Router
from starlette.types import Scope

from waybill.docs.instance import Instance
from waybill.docs.pages import PageMissingError, Pages
from waybill.docs.serving import Contract, File, Page, json_document, served
from waybill.http.routing import add

HTML: Final = "text/html; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"

_HERE: Final = files("waybill.docs")
_SWAGGER: Final = files("fastapi_swagger").joinpath("resources")

OWN_ASSETS: Final = {"style.css": _STYLE, "theme.js": _SCRIPT, "search.js": _SCRIPT}
"""Design and scripts of the pages, also used by the site of `waybill docs`."""

_SWAGGER_ASSETS: Final = {
    "swagger-ui-bundle.js": _SCRIPT,
    "swagger-ui.css": _STYLE,
    "favicon-32x32.png": "image/png",
}

_TRY: Final = "/docs"
_TRY_TITLE: Final = "Try it"
_PAGES: Final = {"reference": "Reference", "events": "Events"}
_OWN: Final = "/docs/own"
_OWN_TITLE: Final = "Own routes"
_OWN_SCHEMA: Final = "/docs/own.json"
_SWAGGER_BODY: Final = """<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui" data-schema="{schema}"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-start.js"></script>"""

_SWAGGER_SCRIPTS: Final = {"swagger-start.js": _SCRIPT, "oauth2-redirect.js": _SCRIPT}
_REDIRECTED: Final = """<!doctype html>
<html lang="en">
<title>Logging in</title>
<script src="/docs/oauth2-redirect.js"></script>
<p>You can close this window.</p>
</html>
"""
"""The page to which a log-in in Swagger UI leads back."""

_POLICY: Final = (
    "content-security-policy",
    (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " frame-ancestors 'none'"
    ),
)


def mount_docs(
    router: Router,
    service: str,
    contract: Traversable,
    own_schema: Callable[[], Mapping[str, Any]] | None = None,
    *,
    instance: Instance,
    start_page: bool = True,
) -> None:
    """Serve the contracts and the pages of the generated package `contract`.

    `own_schema` returns the OpenAPI document of the routes outside the contract. `instance` is what
    the served contracts say of this instance. `start_page` is for services without a route of their
    own at `/`.
    """
    documents = dict(_documents(contract))
    for path, document in documents.items():
        add(router, path, {"GET": served(Contract(document, instance))})
    frame = _Frame(service, Pages(contract), list(documents), has_own_routes=own_schema is not None)
    contracted = _SWAGGER_BODY.format(schema="/openapi.json")
    add(router, _TRY, {"GET": served(_Swagger(frame, _TRY, _TRY_TITLE, contracted))})
    if start_page:
        add(router, "/", {"GET": served(_Start(frame, contract))})
    if own_schema:
        own = _SWAGGER_BODY.format(schema=_OWN_SCHEMA)
        add(router, _OWN, {"GET": served(_Swagger(frame, _OWN, _OWN_TITLE, own))})
        add(router, _OWN_SCHEMA, {"GET": served(json_document(own_schema))})
    for name in _PAGES:
        add(router, f"{_TRY}/{name}", {"GET": served(_Rendered(frame, name))})
    add(router, f"{_TRY}/oauth2-redirect", {"GET": served(_redirected)})
    for name, media_type in (OWN_ASSETS | _SWAGGER_SCRIPTS).items():
        add(router, f"/docs/{name}", {"GET": served(File(_HERE.joinpath(name), media_type))})
    for name, media_type in _SWAGGER_ASSETS.items():
        asset = File(_SWAGGER.joinpath(name), media_type)
        add(router, f"/docs/{name}", {"GET": served(asset)})


def _documents(contract: Traversable) -> Iterator[tuple[str, Traversable]]:
    for name in ("openapi.json", "asyncapi.json"):
        if (document := contract.joinpath(name)).is_file():
            yield f"/{name}", document
    several = contract.joinpath("asyncapi")
    if several.is_dir():
        for document in sorted(several.iterdir(), key=lambda each: each.name):
            yield f"/asyncapi/{document.name}", document


@dataclass(frozen=True, slots=True)
class _Frame:
    """Adds the navigation bar to a page."""

    service: str
    pages: Pages
    documents: list[str]
    has_own_routes: bool

    def around(self, path: str, title: str, body: str) -> str:
        service = escape(self.service)
        links = "\n".join(
            f'<a href="{each}"{" aria-current=page" * (each == path)}>{escape(text)}</a>'
            for each, text in self.links()
        )
        frame = Template(_HERE.joinpath("frame.html").read_text("utf-8"))
        return frame.substitute(
            service=service, title=f"{service}: {title}", links=links, body=body
        )

    def links(self) -> Iterator[tuple[str, str]]:
        """Yield the address and the title of each page and document."""
        for name, title in _PAGES.items():
            if self.pages.has(name):
                yield f"{_TRY}/{name}", title
        yield _TRY, _TRY_TITLE
        if self.has_own_routes:
            yield _OWN, _OWN_TITLE
        for path in self.documents:
            yield path, path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Swagger:
    """Serves Swagger UI of one document."""

    frame: _Frame
    path: str
    title: str
    body: str

    async def __call__(self, _: Scope) -> Page:
        return _page(200, self.frame.around(self.path, self.title, self.body))


@dataclass(frozen=True, slots=True)
class _Rendered:
    """Serves the rendered page of this name, or the reason why it is missing."""

    frame: _Frame
    name: str

    async def __call__(self, _: Scope) -> Page:
        return _page(*await asyncio.to_thread(self._read))

    def _read(self) -> tuple[int, str]:
        path, title = f"{_TRY}/{self.name}", _PAGES[self.name]
        try:
            return 200, self.frame.around(path, title, self.frame.pages.html(self.name))
        except PageMissingError as error:
            sentence = f'<main class="text"><p>{escape(str(error))}</p></main>'
            return 404, self.frame.around(path, title, sentence)


@dataclass(frozen=True, slots=True)
class _Start:
    """Says what this is, and where to go."""

    frame: _Frame
    contract: Traversable

    async def __call__(self, _: Scope) -> Page:
        info = orjson.loads(self.contract.joinpath("openapi.json").read_bytes())["info"]
        entries = "".join(
            f'<li><a href="{path}">{escape(title)}</a></li>' for path, title in self.frame.links()
        )
        body = (
            f'<main class="text"><h1>{escape(info["title"])} <small>{escape(info["version"])}'
            f'</small></h1><p class="lead">{escape(info.get("description", ""))}</p>'
            f'<ul>{entries}<li><a href="/health/ready">Is it ready?</a></li></ul></main>'
        )
        return _page(200, self.frame.around("/", info["title"], body))


async def _redirected(_: Scope) -> Page:
    return _page(200, _REDIRECTED)


def _page(status: int, page: str) -> Page:
    return status, (_POLICY, ("content-type", HTML)), page.encode()
