"""Swagger UI at /docs, all of it from this process: nothing is fetched from elsewhere.

The files are those of swagger-ui-dist 5.34 in the package `fastapi-swagger`, used as data only.
"""

from html import escape
from importlib.resources import files
from typing import Final

from starlette.routing import Router

from waybill.http.reply import JSON, Reply
from waybill.http.routing import Fixed, add

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
}

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

# validatorUrl: by default Swagger UI would show the contract to a validator on the internet.
_START: Final = b"""SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""

_POLICY: Final = (
    "content-security-policy",
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
)
_FOR_A_DAY: Final = ("cache-control", "max-age=86400")


def mount_docs(router: Router, title: str, contract: bytes) -> None:
    """Serve the contract byte for byte at /openapi.json, and Swagger UI showing it at /docs."""
    add(router, "/openapi.json", {"GET": Fixed(_reply(JSON, contract))})
    page = _PAGE.format(title=escape(title)).encode()
    add(router, "/docs", {"GET": Fixed(_reply("text/html; charset=utf-8", page, _POLICY))})
    add(router, "/docs/start.js", {"GET": Fixed(_reply("text/javascript", _START))})
    folder = files("fastapi_swagger").joinpath("resources")
    for name, media_type in _ASSETS.items():
        asset = _reply(media_type, folder.joinpath(name).read_bytes(), _FOR_A_DAY)
        add(router, f"/docs/{name}", {"GET": Fixed(asset)})


def _reply(media_type: str, body: bytes, *headers: tuple[str, str]) -> Reply:
    return Reply(200, (*headers, ("content-type", media_type)), body)
