"""What an application asks a user for, by the query of /oauth/authorize: no I/O and no clock."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from identity.domain import PROTOCOL_SCOPES, Client, GrantType, split_scopes

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LOOPBACK: Final = ("127.0.0.1", "::1")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+", re.ASCII)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)
_FIELDS_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """The parameters of a request, as they were sent."""

    client_id: str | None = None
    redirect_uri: str | None = None
    response_type: str | None = None
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    nonce: str | None = None
    prompt: str | None = None
    request: str | None = None
    request_uri: str | None = None

    @classmethod
    def from_query(cls, query: str) -> Self | None:
        """Read a query that `query` wrote; None for another one."""
        known = {each.name for each in fields(cls)}
        try:
            pairs = parse_qsl(
                query, strict_parsing=True, errors="strict", max_num_fields=_FIELDS_MAX
            )
        except ValueError:
            return None
        found = {name: text for name, text in pairs if name in known}
        return cls(**found) if len(found) == len(pairs) else None

    def query(self) -> str:
        """Write the parameters as a query."""
        return urlencode({name: each for name, each in asdict(self).items() if each is not None})

    def scopes(self, client: Client) -> frozenset[str]:
        """Return what is asked for: all that the client may have, unless it names scopes."""
        return client.scopes if self.scope is None else split_scopes(self.scope)

    @property
    def prompts(self) -> frozenset[str]:
        """How the user has to be asked (OpenID Connect Core, 3.1.2.1)."""
        return split_scopes(self.prompt or "")

    def answer(self, issuer: str, **parameters: str) -> str:
        """Return where the browser brings an answer, with `iss` (RFC 9207) and `state`."""
        parts = urlsplit(self.redirect_uri or "")
        added = {**parameters, "iss": issuer}
        if self.state is not None:
            added["state"] = self.state
        query = "&".join(filter(None, (parts.query, urlencode(added))))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def is_registered(redirect_uri: str | None, registered: Iterable[str]) -> bool:
    """Whether an address is exactly one of a client's; a loopback one may have any port."""
    if redirect_uri is None or "#" in redirect_uri or not redirect_uri.isascii():
        return False
    known = list(registered)
    if redirect_uri in known:
        return True
    portless = _without_port(redirect_uri)
    return portless is not None and portless in map(_without_port, known)


def _without_port(address: str) -> tuple[str, str] | None:
    """Return a loopback address without its port (RFC 8252, 7.3); None for any other address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or host not in _LOOPBACK:
        return None
    written = f"[{host}]" if ":" in host else host
    authority = written if port is None else f"{written}:{port}"
    if parts.netloc != authority:
        return None
    return host, address.removeprefix(f"http://{authority}")


def fault_of(request: AuthorizationRequest, client: Client) -> tuple[str, str] | None:
    """Return the error of a request and its description; None for a good one."""
    if request.request is not None or request.request_uri is not None:
        error = "request_not_supported" if request.request else "request_uri_not_supported"
        return error, "Send the parameters in the query."
    if request.response_type != "code":
        return "unsupported_response_type", "The only response_type is code."
    if GrantType.AUTHORIZATION_CODE not in client.grants:
        return "unauthorized_client", "The client may not use codes."
    if request.code_challenge_method != "S256" or not _CHALLENGE.fullmatch(
        request.code_challenge or ""
    ):
        return "invalid_request", "Send a code_challenge with the code_challenge_method S256."
    if not request.scopes(client) <= client.scopes | PROTOCOL_SCOPES:
        return "invalid_scope", "The client may not ask for one of these scopes."
    return None


def form_target(redirect_uri: str) -> str | None:
    """Return where a form may lead, as a source of a Content-Security-Policy."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https"):
        origin = f"{parts.scheme}://{parts.netloc}"
        return origin if _ORIGIN.fullmatch(origin) else None
    return f"{parts.scheme}:" if _SCHEME.fullmatch(parts.scheme) else None
