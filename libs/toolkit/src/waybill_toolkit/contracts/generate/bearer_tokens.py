"""Writes the security of a published OpenAPI document as services enforce it: by bearer tokens.

Contracts declare scopes in an OAuth 2 scheme. A service checks a bearer token (RFC 6750) and its
scopes, however the client got it, and nobody serves a `tokenUrl`. So the published document has an
`http` scheme, whose requirements may list scopes as well (OpenAPI 3.1, 4.8.30).
"""

from collections.abc import Mapping
from typing import Any, Final

from waybill_toolkit.contracts.generate.openapi import METHODS

Json = Mapping[str, Any]

BEARER: Final = "bearer"
_OAUTH2: Final = "oauth2"
_SCHEMES: Final = "securitySchemes"


def with_bearer_tokens(document: Json) -> dict[str, Any]:
    """Return a document that requires bearer tokens where the contract requires OAuth 2."""
    schemes = document["components"].get(_SCHEMES, {})
    if _OAUTH2 not in schemes:
        return dict(document)
    others = {name: each for name, each in schemes.items() if name != _OAUTH2}
    bearer = {BEARER: {"type": "http", "scheme": "bearer", "description": _text(schemes[_OAUTH2])}}
    paths = {
        path: {key: _required(each) if key in METHODS else each for key, each in item.items()}
        for path, item in document["paths"].items()
    }
    components = {**document["components"], _SCHEMES: {**others, **bearer}}
    return {**document, "paths": paths, "components": components}


def _required(operation: Json) -> Json:
    if "security" not in operation:
        return operation
    security = [
        {BEARER if name == _OAUTH2 else name: scopes for name, scopes in way.items()}
        for way in operation["security"]
    ]
    return {**operation, "security": security}


def _text(scheme: Json) -> str:
    """Describe the scheme, with a list of the scopes in Markdown."""
    scopes = {
        name: text for flow in scheme["flows"].values() for name, text in flow["scopes"].items()
    }
    listed = "".join(f"\n- `{name}`: {text}" for name, text in sorted(scopes.items()))
    return f"A bearer token (RFC 6750) with the scopes that the operation lists.\n{listed}"
