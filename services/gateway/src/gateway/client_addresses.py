"""The address of a client, by which callers without an accepted token are counted.

It is that of the connection. Only a proxy that the settings name is believed when it writes
another one into X-Forwarded-For: everybody can send this header.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

_FORWARDED_FOR: Final = b"x-forwarded-for"
_FORWARDED_PROTO: Final = b"x-forwarded-proto"
_SITE_BITS: Final = 64
"""The part of an IPv6 address that belongs to one network; a host chooses the rest freely."""


class ClientAddresses:
    """Finds the addresses of clients."""

    def __init__(self, trusted_proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        self._trusted: Final = tuple(trusted_proxies)

    def of(self, scope: Scope) -> str:
        """Return the address of the client; for IPv6 its network of 64 bits."""
        peer = _parsed((scope.get("client") or ("",))[0])
        if peer is None:
            return "unknown"
        if self._is_trusted(peer):
            for text in reversed(_list(scope, _FORWARDED_FOR)):
                address = _parsed(text)
                if address is None:
                    break  # what stands before it was not written by a trusted proxy
                peer = address
                if not self._is_trusted(address):
                    break
        if isinstance(peer, IPv6Address):
            return str(IPv6Network((peer, _SITE_BITS), strict=False))
        return str(peer)

    def is_https(self, scope: Scope) -> bool:
        """Whether the client uses https, to this process or to a trusted proxy."""
        if scope["scheme"] == "https":
            return True
        if not self._trusted:
            return False
        peer = _parsed((scope.get("client") or ("",))[0])
        return (
            peer is not None
            and self._is_trusted(peer)
            and _list(scope, _FORWARDED_PROTO)[-1:] == ["https"]
        )

    def _is_trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in each for each in self._trusted)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _list(scope: Scope, field: bytes) -> list[str]:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == field]
    return [each.strip() for each in ",".join(values).split(",")]
