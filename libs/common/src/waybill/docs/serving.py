"""Sends pages and documents: compressed, with an ETag."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import Final, TypeAlias

import orjson
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from waybill.docs.instance import Instance
from waybill.http.entity_tags import is_unchanged
from waybill.http.reply import JSON, Reply

Page: TypeAlias = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers and body."""

_NO_SNIFFING: Final = ("x-content-type-options", "nosniff")
_COMPRESSED_FROM_BYTES: Final = 1_000


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
            # Weak: the bytes of a compressed response are others (RFC 9110, 8.8.1).
            tag = f'W/"{sha256(body).hexdigest()[:16]}"'
            headers = (*headers, ("etag", tag), ("cache-control", "no-cache"))
            known = Headers(scope=scope).getlist("if-none-match")
            if is_unchanged(", ".join(known), tag):
                await Reply(304, headers).send(send)
                return
        await Reply(status, headers, body).send(send)


@dataclass(frozen=True, slots=True)
class File:
    """A file, sent as it is."""

    file: Traversable
    media_type: str

    async def __call__(self, _: Scope) -> Page:
        return 200, (("content-type", self.media_type),), self.file.read_bytes()


@dataclass(frozen=True, slots=True)
class Contract:
    """An OpenAPI or AsyncAPI document, as the instance fulfils it."""

    file: Traversable
    instance: Instance

    async def __call__(self, scope: Scope) -> Page:
        content = self.file.read_bytes()
        document = orjson.loads(content)
        described = self.instance.describe(document, scope)
        if described is not document:
            content = orjson.dumps(described, option=orjson.OPT_INDENT_2)
        return 200, (("content-type", JSON),), content


def json_document(make: Callable[[], object]) -> Callable[[Scope], Awaitable[Page]]:
    """Return a page with a document that is created for each request."""

    async def page(_: Scope) -> Page:
        return 200, (("content-type", JSON),), orjson.dumps(make())

    return page
