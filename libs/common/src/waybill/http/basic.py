"""HTTP Basic authentication of OAuth clients (RFC 6749, 2.3.1), for handlers to check.

The runtime reads the credentials; only a handler knows which are right.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from waybill.http.problems import ProblemError, Unauthenticated

_BASIC: Final = re.compile(rb"basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)
_CHALLENGE: Final = 'Basic realm="oauth", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client's name and secret as they were sent; nobody has checked them."""

    name: str
    secret: str = field(repr=False)


def read_credentials(authorization: bytes | None, *, required: bool) -> Credentials | None:
    """Read an Authorization header. Raises ProblemError(Unauthenticated)."""
    if authorization is None:
        if required:
            raise _refused("Send the client's name and secret by HTTP Basic authentication.")
        return None
    encoded = _BASIC.fullmatch(authorization)
    if encoded is None:
        raise _refused("The Authorization header is not HTTP Basic authentication.")
    try:
        decoded = base64.b64decode(encoded[1], validate=True).decode()
        name, _, secret = map(_unquoted, decoded.partition(":"))
    except ValueError:
        raise _refused("The credentials are not base64 of NAME:SECRET in UTF-8.") from None
    if ":" not in decoded or not name or "\0" in name + secret:
        raise _refused("The credentials are not NAME:SECRET.")
    return Credentials(name, secret)


def _unquoted(part: str) -> str:
    return unquote_plus(part, errors="strict")


def _refused(detail: str) -> ProblemError:
    return ProblemError(Unauthenticated(detail=detail, challenge=_CHALLENGE))
