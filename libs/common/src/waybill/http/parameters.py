"""Parameters in path, query, headers and cookies: text read as the JSON value of the contract.

Pydantic accepts many strings (`2_0`, ` 20`, `yes`). Here the text of a parameter is converted to
JSON first, a number or a boolean where the contract requires one, and is then checked like a body.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.types import Scope

from waybill.http.body import NUL_FAULT
from waybill.http.contract import Parameter
from waybill.http.cookies import read_cookies
from waybill.http.pointers import faults_in, pointer
from waybill.http.problems import (
    FieldError,
    InvalidParameters,
    MalformedRequest,
    PreconditionRequired,
    ProblemError,
)

QUERY_FIELDS_MAX: Final = 100
"""Many times what any operation declares; a list in a query is for a handful of values."""

_IF_MATCH: Final = "/header/If-Match"
_MISSING: Final = "missing"
_LITERAL: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false", re.ASCII)
_WRITTEN_BARE: Final = frozenset({"integer", "number", "boolean"})


class ParameterReader:
    """Reads the parameters of one operation."""

    def __init__(self, parameters: tuple[Parameter, ...], *, ignores_unknown: bool = False) -> None:
        self._ignores_unknown = ignores_unknown
        self._slots = tuple(_Slot(each) for each in parameters)
        self._query_names = {each.name for each in parameters if each.place == "query"}

    def read(self, scope: Scope, headers: Mapping[bytes, bytes]) -> dict[str, Any]:
        """Return the handler's keyword arguments. Raises ProblemError with all faults at once."""
        if not self._slots and not scope["query_string"]:
            return {}
        query = read_query(scope["query_string"])
        arguments: dict[str, Any] = {}
        faults = list(self._unknown(query))
        for slot in self._slots:
            texts = slot.texts(scope, query, headers)
            faults.extend(slot.fill(texts, arguments))
        if faults:
            raise _refusal(faults)
        return arguments

    def _unknown(self, query: Mapping[str, list[str]]) -> Iterator[FieldError]:
        for name in () if self._ignores_unknown else query.keys() - self._query_names:
            yield _fault("query", name, "unknown", "The operation has no such query parameter.")


class _Slot:
    """One parameter, with its validator."""

    def __init__(self, parameter: Parameter) -> None:
        self._parameter = parameter
        self._type: TypeAdapter[Any] = TypeAdapter(parameter.type)
        self._header = parameter.name.lower().encode("latin-1")
        self._bare = is_bare(self._type.json_schema())

    def texts(
        self, scope: Scope, query: Mapping[str, list[str]], headers: Mapping[bytes, bytes]
    ) -> list[str]:
        """Return the values of the parameter, none when it is absent."""
        match self._parameter.place:
            case "query":
                return query.get(self._parameter.name, [])
            case "path":
                return [scope["path_params"][self._parameter.name]]
            case "header":
                value = headers.get(self._header)
                return [] if value is None else [value.decode("latin-1")]
            case "cookie":
                cookie = read_cookies(headers.get(b"cookie")).get(self._parameter.name)
                return [] if cookie is None else [cookie]

    def fill(self, texts: list[str], arguments: dict[str, Any]) -> tuple[FieldError, ...]:
        """Set the handler's argument, or return the errors."""
        parameter = self._parameter
        if not texts and not parameter.required:
            arguments[parameter.argument] = parameter.default
            return ()
        if fault := self._refusal(texts):
            return (fault,)
        values = [as_json(text, bare=self._bare) for text in texts]
        raw = b"[%b]" % b",".join(values) if parameter.many else values[0]
        try:
            arguments[parameter.argument] = self._type.validator.validate_json(raw, strict=True)
        except ValidationError as error:
            return faults_in(error, orjson.loads(raw), (parameter.place, parameter.name))
        return ()

    def _refusal(self, texts: list[str]) -> FieldError | None:
        place, name = self._parameter.place, self._parameter.name
        if not texts:
            return _fault(place, name, _MISSING, "The parameter is required.")
        if len(texts) > 1 and not self._parameter.many:
            return _fault(place, name, "repeated", "The parameter must not be repeated.")
        if any("\0" in text for text in texts):
            return _fault(place, name, NUL_FAULT, "A value must not contain the character U+0000.")
        return None


def as_json(text: str, *, bare: bool) -> bytes:
    """Write text as JSON: as a number or a boolean if it is one where the contract has them."""
    return text.encode() if bare and _LITERAL.fullmatch(text) else orjson.dumps(text)


def is_bare(schema: dict[str, Any]) -> bool:
    """Whether a value of this schema can be a number or a boolean."""
    return bool(_json_types(schema) & _WRITTEN_BARE)


def read_query(raw: bytes) -> dict[str, list[str]]:
    """Split a query string (application/x-www-form-urlencoded, UTF-8). Raises ProblemError."""
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=QUERY_FIELDS_MAX,
        )
    except ValueError:
        detail = f"The query must be percent-encoded UTF-8 of {QUERY_FIELDS_MAX} fields at most."
        raise ProblemError(MalformedRequest(detail=detail)) from None
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query


def refused_parameters(*faults: FieldError) -> ProblemError:
    """Return the error of a request with invalid parameters."""
    detail = f"The parameters have {len(faults)} fault{'s' if len(faults) > 1 else ''}."
    return ProblemError(InvalidParameters(detail=detail, errors=faults))


def _refusal(faults: list[FieldError]) -> ProblemError:
    if [(each.pointer, each.code) for each in faults] == [(_IF_MATCH, _MISSING)]:
        detail = "Read the resource, and send its ETag as If-Match."
        return ProblemError(PreconditionRequired(detail=detail))
    return refused_parameters(*faults)


def _fault(place: str, name: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer((place, name)), code=code, detail=detail)


def _json_types(schema: dict[str, Any]) -> set[str]:
    """Collect the JSON types that a schema names, at any depth."""
    found: set[str] = set()
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("type"), str):
                found.add(node["type"])
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return found
