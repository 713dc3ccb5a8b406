"""The body of a request: read within its limit, parsed, checked against the contract.

In addition to what the contract forbids, it refuses duplicate member names (RFC 8259 does not
define which one counts, so two readers could see two different orders) and NUL characters (a
PostgreSQL text cannot hold them).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive

from waybill.http.pointers import Steps, faults_in, pointer
from waybill.http.problems import (
    BodyTooLarge,
    FieldError,
    InvalidBody,
    MalformedRequest,
    ProblemError,
    UnsupportedMediaType,
)

NUL_FAULT: Final = "nul_character"

_JSON: Final = "application/json"

_WHOLE_MAX: Final = 2**53
"""Above it a float cannot represent every whole number (RFC 8259, section 6)."""


_INTEGER_DIGITS_MAX: Final = 19


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True, slots=True)
class Body:
    """A valid body: its value, and its canonical form, which equal documents share."""

    value: Any
    canonical: bytes


class BodyReader:
    """Reads the JSON bodies of one operation."""

    def __init__(self, kind: Any, limit_bytes: int) -> None:  # noqa: ANN401 (any type, also a union)
        self._type: TypeAdapter[Any] = TypeAdapter(kind)
        self._limit_bytes = limit_bytes

    async def read(self, headers: dict[bytes, bytes], receive: Receive) -> Body:
        """Read and check a body. Raises ProblemError, or ClientGoneError."""
        require_media_type(headers, _JSON)
        raw = await receive_body(headers.get(b"content-length"), self._limit_bytes, receive)
        return self.check(raw)

    def check(self, raw: bytes) -> Body:
        """Parse `raw` and check it against the type. Raises ProblemError."""
        document, canonical = parse(raw)
        if b"\\u0000" in raw and (nuls := tuple(map(_nul_fault, _nuls(document)))):
            raise ProblemError(InvalidBody(detail="The body contains NUL characters.", errors=nuls))
        try:
            return Body(self._type.validator.validate_json(raw), canonical)
        except ValidationError as error:
            if any(each["type"] == "int_type" for each in error.errors()):
                return self._check_whole(raw)
            raise _refusal(error, document) from None

    def _check_whole(self, raw: bytes) -> Body:
        """Check a document whose whole numbers may be written as fractions: `3.0`, `3e2`."""
        whole = json.loads(raw, parse_float=_whole_if_exact, parse_int=_within_64_bits)
        canonical = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
        try:
            return Body(self._type.validator.validate_json(canonical), canonical)
        except ValidationError as error:
            raise _refusal(error, whole) from None


def _whole_if_exact(text: str) -> int | float:
    """Read 3.0 as 3: to JSON Schema both are the integer 3 (Draft 2020-12 Core, 4.2.3).

    A fraction so close to 3 that the nearest float is 3.0 remains a fraction.
    """
    value = float(text)
    if not value.is_integer() or abs(value) > _WHOLE_MAX:
        return value
    try:
        return int(value) if Decimal(text) == value else value
    except InvalidOperation:  # an exponent that even Decimal does not have
        return value


def _within_64_bits(text: str) -> int | float:
    """Read an integer as orjson does: as a float when it needs more than 64 bits."""
    return int(text) if len(text.lstrip("-")) <= _INTEGER_DIGITS_MAX else float(text)


def _refusal(error: ValidationError, document: Any) -> ProblemError:  # noqa: ANN401 (any JSON)
    faults = faults_in(error, document)
    if faults[0].code == "json_invalid":  # nested deeper than pydantic reads
        return ProblemError(MalformedRequest(detail=f"The body is not JSON: {faults[0].detail}"))
    return refused_body(faults, error.error_count())


def refused_body(faults: tuple[FieldError, ...], count: int | None = None) -> ProblemError:
    """Return the error of a body with these faults; `count` when there are more."""
    count = count or len(faults)
    detail = f"The body has {count} fault{'s' if count > 1 else ''}."
    return ProblemError(InvalidBody(detail=detail, errors=faults))


def require_media_type(headers: dict[bytes, bytes], expected: str) -> None:
    """Raise ProblemError unless the body has this media type, in UTF-8 if it says so, unpacked."""
    written = headers.get(b"content-type", b"").decode("latin-1")
    if written != expected:
        media_type, *parameters = written.lower().split(";")
        charsets = {each.strip().replace('"', "") for each in parameters} - {""}
        if media_type.strip() != expected or charsets - {"charset=utf-8"}:
            raise ProblemError(UnsupportedMediaType(detail=f"Send {expected} in UTF-8."))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        detail = "Send the body without Content-Encoding."
        raise ProblemError(UnsupportedMediaType(detail=detail))


async def receive_body(declared_length: bytes | None, limit_bytes: int, receive: Receive) -> bytes:
    """Receive all of a body, with a declared length or in chunks.

    Never buffers more than `limit_bytes` and one chunk. Raises ProblemError, or ClientGoneError.
    """
    if declared_length is not None and declared_length.isdigit():
        _require_within(int(declared_length), limit_bytes)
    chunks: list[bytes] = []
    received = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunks.append(message.get("body", b""))
        received += len(chunks[-1])
        _require_within(received, limit_bytes)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _require_within(length: int, limit_bytes: int) -> None:
    if length > limit_bytes:
        raise ProblemError(BodyTooLarge(detail=f"The body may have {limit_bytes} bytes at most."))


def parse(raw: bytes) -> tuple[Any, bytes]:
    """Parse strict JSON; returns the document and its canonical form. Raises ProblemError."""
    try:
        document = orjson.loads(raw)
        canonical = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        if _may_hold_duplicates(raw, canonical):
            json.loads(raw, object_pairs_hook=_without_duplicates)
    except (ValueError, TypeError, RecursionError) as error:
        raise ProblemError(MalformedRequest(detail=f"The body is not JSON: {error}")) from None
    return document, canonical


def _may_hold_duplicates(raw: bytes, canonical: bytes) -> bool:
    r"""Return whether a full check is necessary (about 20 us for 1 KB; this takes 1 us).

    Every member has a colon, and a duplicate is dropped together with its colon. So an equal number
    of colons means no duplicate, unless a string contains an escaped colon (`\u003a`).
    """
    return raw.count(b":") != canonical.count(b":") or b"\\u003" in raw


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {json.dumps(twice)} occurs twice in one object")
    return found


def _nul_fault(steps: Steps) -> FieldError:
    return FieldError(
        pointer=pointer(steps),
        code=NUL_FAULT,
        detail="A string must not contain the character U+0000.",
    )


def _nuls(value: Any, steps: Steps = ()) -> Iterator[Steps]:  # noqa: ANN401 (any JSON)
    """Yield the place of every string, and every member name, that contains a NUL."""
    match value:
        case str() if "\0" in value:
            yield steps
        case list():
            for index, item in enumerate(value):
                yield from _nuls(item, (*steps, index))
        case dict():
            for name, item in value.items():
                if "\0" in name:
                    yield (*steps, name)
                yield from _nuls(item, (*steps, name))
        case _:
            pass
