"""Who may call a mock."""

from pathlib import Path
from typing import Final

from typing_extensions import override

from waybill.http.access import ANYBODY, Access, OpenAccess, Principal, TokenFile, bearer_token

ANY: Final = "any-token"
OPEN: Final = "open"


class AnyToken(Access):
    """A bearer token is needed where the contract asks for one; any will do, and may do all."""

    @override
    async def identify(self, authorization: str | None) -> Principal:
        bearer_token(authorization)
        return ANYBODY


def access_of(told: str) -> Access:
    """Read `any-token`, `open` or the path of a token file, as services take it.

    Raises OSError, or pydantic's ValidationError.
    """
    if told == ANY:
        return AnyToken()
    return OpenAccess() if told == OPEN else TokenFile.load(Path(told))
