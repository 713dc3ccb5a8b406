"""The header fields of a request by name."""

from collections.abc import Sequence
from typing import Final

from waybill.http.problems import MalformedRequest, ProblemError

_SENT_ONCE: Final = {
    b"authorization": "Authorization",
    b"content-type": "Content-Type",
    b"idempotency-key": "Idempotency-Key",
}


def by_name(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the value of each field; a repeated field is a list (RFC 9110, 5.3).

    Raises ProblemError for a repeated field that has one value: a proxy might read the other one.
    """
    found = dict(fields)
    if len(found) == len(fields):
        return found
    found.clear()
    for name, value in fields:
        if name not in found:
            found[name] = value
        elif name in _SENT_ONCE:
            detail = f"The request has two {_SENT_ONCE[name]} headers; send one."
            raise ProblemError(MalformedRequest(detail=detail))
        else:
            found[name] += (b"; " if name == b"cookie" else b", ") + value
    return found
