"""Access control of a mock."""

from pathlib import Path
from typing import Final

from typing_extensions import override

from waybill.http.access import ANYBODY, Access, OpenAccess, Principal, TokenFile, bearer_token

ANY: Final = "any-token"
OPEN: Final = "open"


class AnyToken(Access):
    """Requires a bearer token where the contract does. Any token is valid and has all scopes."""

    @override
    async def identify(self, authorization: str | None) -> Principal:
        bearer_token(authorization)
        return ANYBODY


def access_of(value: str) -> Access:
    """Parse `any-token`, `open` or the path of a token file, as services do.

    Raises OSError, or pydantic's ValidationError.
    """
    if value == ANY:
        return AnyToken()
    return OpenAccess() if value == OPEN else TokenFile.load(Path(value))
