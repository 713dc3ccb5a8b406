"""Sends pages and documents: compressed, with an ETag, and with the address of this instance."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import Final, TypeAlias

import orjson
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from waybill.docs.brokers import Brokers
from waybill.http.reply import JSON, Reply

Page: TypeAlias = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers and body."""

_NO_SNIFFING: Final = ("x-content-type-options", "nosniff")
_COMPRESSED_FROM_BYTES: Final = 1_000
_HOST: Final = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", re.ASCII)
_TAG: Final = re.compile(r'"[^"]*"|\*')


def served(page: Callable[[Scope], Awaitable[Page]]) -> ASGIApp:
    """Return an application that sends a page to GET requests."""
    return GZipMiddleware(_Page(page), minimum_size=_COMPRESSED_FROM_BYTES)


@dataclass(frozen=True, slots=True)
class _Page:
    page: Callable[[Scope], Awaitable[Page]]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, headers, body = await self.page(scope)
        headers = (*headers, _NO_SNIFFING)
        if status == 200:
            tag = f'"{sha256(body).hexdigest()[:16]}"'
            # Weak: the bytes of a compressed response are others (RFC 9110, 8.8.1).
            headers = (*headers, ("etag", f"W/{tag}"), ("cache-control", "no-cache"))
            known = Headers(scope=scope).get("if-none-match", "")
            if not {tag, "*"}.isdisjoint(_TAG.findall(known)):
                await Reply(304, headers).send(send)
                return
        await Reply(status, headers, body).send(send)


@dataclass(frozen=True, slots=True)
class Document:
    """A file. Contracts name the servers of this instance.

    In an OpenAPI document the server `/` becomes the address that the client used.
    """

    file: Traversable
    media_type: str
    brokers: Brokers = field(default_factory=Brokers)

    async def __call__(self, scope: Scope) -> Page:
        content = self.file.read_bytes()
        if self.file.name == "openapi.json":
            content = _with_address(content, scope)
        elif self.file.name == "asyncapi.json":
            content = self._with_servers(content)
        return 200, (("content-type", self.media_type),), content

    def _with_servers(self, content: bytes) -> bytes:
        document = orjson.loads(content)
        described = self.brokers.describe(document)
        if described is document:
            return content
        return orjson.dumps(described, option=orjson.OPT_INDENT_2)


def _with_address(content: bytes, scope: Scope) -> bytes:
    document = orjson.loads(content)
    host = Headers(scope=scope).get("host", "")
    if document.get("servers") != [{"url": "/"}] or not _HOST.fullmatch(host):
        return content
    document["servers"] = [{"url": f"{scope['scheme']}://{host}"}]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def json_document(make: Callable[[], object]) -> Callable[[Scope], Awaitable[Page]]:
    """Return a page with a document that is created for each request."""

    async def page(_: Scope) -> Page:
        return 200, (("content-type", JSON),), orjson.dumps(make())

    return page
