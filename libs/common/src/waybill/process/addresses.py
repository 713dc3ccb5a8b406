"""Which addresses are of this machine only, and what an address of a database says."""

import os
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import StringConstraints

VERIFIED: Final = "verify-full"
"""The only `sslmode` that checks who the server is: the others encrypt for anybody, or not at all
when the server, or whoever is between, says that it has no TLS."""

SafeAddress = Annotated[
    str, StringConstraints(pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])\S+$")
]
"""https, so that nobody can answer in between; http on this machine only."""


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(address: str) -> str:
    """Return the host of host:port."""
    return urlsplit(f"//{address}").hostname or ""


def is_local_database(url: str) -> bool:
    """Whether every server that a postgresql:// address names is a socket or a loopback address."""
    return all(not host or host.startswith("/") or is_loopback(host) for host in _hosts(url))


def is_verified_database(url: str) -> bool:
    """Whether the connections to a postgresql:// address check the server's certificate."""
    return _parameter(url, "sslmode", "PGSSLMODE") == VERIFIED


def root_certificate_of(url: str) -> str | None:
    """Return the file that a postgresql:// address names as its CA."""
    return _parameter(url, "sslrootcert", "PGSSLROOTCERT")


def _parameter(url: str, name: str, variable: str) -> str | None:
    """Return a parameter of the address, or else the variable that asyncpg and libpq read."""
    given = parse_qs(urlsplit(url).query).get(name)
    return given[-1] if given else os.environ.get(variable) or None


def _hosts(url: str) -> list[str]:
    """Return the hosts, as asyncpg reads them: those before the path, or those of `host`."""
    parts = urlsplit(url)
    named = parts.netloc.rpartition("@")[2]
    if named:
        return [unquote(host_of(each) or each) for each in named.split(",")]
    others = parse_qs(parts.query).get("host") or [os.environ.get("PGHOST", "")]
    return [host_of(each) or each for each in others[-1].split(",")]
