"""Decides whether a request may reach its service, before its body is read.

What an operation requires comes from its contract. The service checks the token and its scopes
again: it can also be reached without the gateway.
"""

from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from gateway.routes import Route
from waybill.http.access import NOBODY, Access, Principal, require_scopes
from waybill.http.header_fields import by_name


class Guard:
    """The guard of one operation."""

    def __init__(self, route: Route, access: Access) -> None:
        self._scopes: Final = route.scopes
        self._access: Final = access

    async def check(self, scope: Scope) -> None:
        """Let a request pass. Raises ProblemError."""
        fields = by_name(scope["headers"])
        principal = await self._identify(fields)
        if self._scopes is not None:
            require_scopes(principal, self._scopes)

    async def _identify(self, fields: Mapping[bytes, bytes]) -> Principal:
        """Return the caller. Only the signed token says who it is."""
        if self._scopes is None:
            return NOBODY
        authorization = fields.get(b"authorization")
        return await self._access.identify(
            None if authorization is None else authorization.decode("latin-1")
        )
