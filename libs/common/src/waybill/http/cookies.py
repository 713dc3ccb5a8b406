"""Cookies: those that a request has, and the one kind that services set."""

import re
from collections.abc import Iterator
from typing import Final

_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]*", re.ASCII)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
HOST_PREFIX: Final = "__Host-"
"""Browsers take a cookie of this name from the host itself over TLS only (RFC 6265bis, 4.1.3.2)."""


def read_cookies(header: bytes | None) -> dict[str, str]:
    """Return the cookies of a request. Of two with one name the first, more specific one counts."""
    found: dict[str, str] = {}
    for name, value in _pairs(header or b""):
        found.setdefault(name, value)
    return found


def _pairs(header: bytes) -> Iterator[tuple[str, str]]:
    for part in header.decode("latin-1").split(";"):
        name, separator, value = part.strip(" \t").partition("=")
        if separator:
            yield name, value


def set_cookie(name: str, value: str, *, secure: bool, max_age_seconds: int | None = None) -> str:
    """Return a Set-Cookie header: for this host only, not for scripts, not for other sites' forms.

    Not `secure` is for loopback without TLS. Without `max_age_seconds` the cookie ends with the
    browser's session; 0 removes it. Raises ValueError for what no cookie can have as name or value.
    """
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        message = f"the cookie {name!r}, or its value, has characters that cookies cannot have"
        raise ValueError(message)
    if name.startswith(HOST_PREFIX) and not secure:
        message = f"browsers take {name} only with secure=True"
        raise ValueError(message)
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if secure:
        parts.append("Secure")
    if max_age_seconds is not None:
        parts.append(f"Max-Age={max_age_seconds}")
    return "; ".join(parts)
