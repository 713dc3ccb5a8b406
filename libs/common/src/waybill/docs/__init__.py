"""The pages that a service shows people, all from this process: nothing is fetched from elsewhere.

/docs             Swagger UI, in which operations can be tried
/docs/reference   the HTTP API, to be read
/docs/events      the events: who sends and who receives them
/openapi.json     the contracts themselves, byte for byte; of events /asyncapi.json, and where those
                  of several services are kept /asyncapi/<service>.json
/docs/own         Swagger UI of the routes that a service has beside its contract, if it has any;
                  /docs/own.json is FastAPI's schema of them

Reference and events are rendered from the contracts (see pages.py); here they get their frame.
Swagger UI is that of the package `fastapi-swagger`, used as data only. Files are read when they are
asked for: that is seldom, and they need not lie in memory.
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
from starlette.types import Receive, Scope, Send

from waybill.docs.pages import PageMissingError, Pages
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
_TRY_TITLE: Final = "Try it"
_PAGES: Final = {"reference": "Reference", "events": "Events"}
_OWN: Final = "/docs/own"
_OWN_TITLE: Final = "Own routes"
_OWN_SCHEMA: Final = "/docs/own.json"
_SWAGGER_BODY: Final = """<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui" data-schema="{schema}"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-start.js"></script>"""

_POLICY: Final = (
    "content-security-policy",
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
)
_FOR_A_DAY: Final = ("cache-control", "max-age=86400")


def mount_docs(
    router: Router,
    service: str,
    contract: Traversable,
    own_schema: Callable[[], Mapping[str, Any]] | None = None,
) -> None:
    """Serve the contracts and the pages that the generated package `contract` holds.

    `own_schema` gives the OpenAPI document of what the service serves beside its contract.
    """
    documents = dict(_documents(contract))
    for path, document in documents.items():
        add(router, path, {"GET": _File(document, JSON)})
    frame = _Frame(service, Pages(contract), list(documents), has_own_routes=own_schema is not None)
    contracted = _SWAGGER_BODY.format(schema="/openapi.json")
    add(router, _TRY, {"GET": _Swagger(frame, _TRY, _TRY_TITLE, contracted)})
    if own_schema:
        own = _SWAGGER_BODY.format(schema=_OWN_SCHEMA)
        add(router, _OWN, {"GET": _Swagger(frame, _OWN, _OWN_TITLE, own)})
        add(router, _OWN_SCHEMA, {"GET": _Made(own_schema)})
    for name in _PAGES:
        add(router, f"{_TRY}/{name}", {"GET": _Rendered(frame, name)})
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
class _Made:
    """Answers with a document that is made when it is asked for."""

    make: Callable[[], Mapping[str, Any]]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await Reply(200, (("content-type", JSON),), orjson.dumps(self.make())).send(send)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Puts what a page shows below a bar with the other pages."""

    service: str
    pages: Pages
    documents: list[str]
    has_own_routes: bool

    def around(self, path: str, title: str, body: str) -> str:
        service = escape(self.service)
        links = "\n".join(
            f'<a href="{each}"{" aria-current=page" * (each == path)}>{escape(text)}</a>'
            for each, text in self._links()
        )
        frame = Template(_HERE.joinpath("frame.html").read_text("utf-8"))
        return frame.substitute(
            service=service, title=f"{service}: {title}", links=links, body=body
        )

    def _links(self) -> Iterator[tuple[str, str]]:
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
    """Answers with Swagger UI of one document."""

    frame: _Frame
    path: str
    title: str
    body: str

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send_page(send, 200, self.frame.around(self.path, self.title, self.body))


@dataclass(frozen=True, slots=True)
class _Rendered:
    """Answers with the page that was rendered under this name, or says why there is none."""

    frame: _Frame
    name: str

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send_page(send, *await asyncio.to_thread(self._read))

    def _read(self) -> tuple[int, str]:
        path, title = f"{_TRY}/{self.name}", _PAGES[self.name]
        try:
            return 200, self.frame.around(path, title, self.frame.pages.html(self.name))
        except PageMissingError as error:
            sentence = f'<main class="text"><p>{escape(str(error))}</p></main>'
            return 404, self.frame.around(path, title, sentence)


async def _send_page(send: Send, status: int, page: str) -> None:
    await Reply(status, (_POLICY, ("content-type", HTML)), page.encode()).send(send)
