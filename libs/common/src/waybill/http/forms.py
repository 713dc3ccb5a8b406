"""Forms (application/x-www-form-urlencoded) as bodies: checked as JSON bodies are.

A field is text. Where the contract requires a number or a boolean, its text becomes one, exactly as
in parameters.py. A field that occurs twice is refused: two readers could see two different forms.
"""

from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive

from waybill.http.body import NUL_FAULT, Body, receive_body, refused_body, require_media_type
from waybill.http.parameters import as_json, is_bare
from waybill.http.pointers import faults_in, pointer
from waybill.http.problems import FieldError, MalformedRequest, ProblemError

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

FIELDS_MAX: Final = 100
"""Several times what any form has."""


class FormReader:
    """Reads the forms of one operation.

    With `omits_blank` a field without a value counts as absent (RFC 6749, 3.1).
    """

    def __init__(self, kind: Any, limit_bytes: int, *, omits_blank: bool = False) -> None:  # noqa: ANN401 (any type, also a union)
        self._type: TypeAdapter[Any] = TypeAdapter(kind)
        self._limit_bytes = limit_bytes
        self._omits_blank = omits_blank
        self._bare = frozenset(_bare_fields(self._type))

    async def read(self, headers: dict[bytes, bytes], receive: Receive) -> Body:
        """Read and check a body. Raises ProblemError, or ClientGoneError."""
        require_media_type(headers, MEDIA_TYPE)
        return self.check(
            await receive_body(headers.get(b"content-length"), self._limit_bytes, receive)
        )

    def check(self, raw: bytes) -> Body:
        """Parse `raw` and check it against the type. Raises ProblemError."""
        texts = _fields(raw)
        if self._omits_blank:
            texts = {name: text for name, text in texts.items() if text}
        members = (
            orjson.dumps(name) + b":" + as_json(text, bare=name in self._bare)
            for name, text in sorted(texts.items())
        )
        canonical = b"{%b}" % b",".join(members)
        try:
            return Body(self._type.validator.validate_json(canonical), canonical)
        except ValidationError as error:
            raise refused_body(faults_in(error, orjson.loads(canonical))) from None


def _fields(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        detail = f"The form must be percent-encoded UTF-8 of {FIELDS_MAX} fields at most."
        raise ProblemError(MalformedRequest(detail=detail)) from None
    found: dict[str, str] = {}
    faults: list[FieldError] = []
    for name, text in pairs:
        if name in found:
            faults.append(_fault(name, "repeated", "A field must not be repeated."))
        if "\0" in text:
            detail = "A field must not contain the character U+0000."
            faults.append(_fault(name, NUL_FAULT, detail))
        found[name] = text
    if faults:
        raise refused_body(tuple(faults))
    return found


def _fault(name: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer((name,)), code=code, detail=detail)


def _bare_fields(kind: TypeAdapter[Any]) -> list[str]:
    """List the fields that the contract does not describe as text."""
    schema = kind.json_schema()
    definitions = schema.get("$defs", {})
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    fields = schema.get("properties", {})
    return [name for name, each in fields.items() if is_bare({**each, "$defs": definitions})]
