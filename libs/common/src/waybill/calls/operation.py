"""One operation of another service, as its caller sees it: requests written, responses read."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final, Generic, TypeVar, cast, get_origin, get_type_hints
from urllib.parse import quote, urlencode

import orjson
from pydantic import TypeAdapter, ValidationError

from waybill.calls.transport import Request
from waybill.http.contract import Answer, Operation, Parameter
from waybill.http.problems import MEDIA_TYPE, TYPE_PREFIX, Problem

KEY: Final = "idempotency-key"

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
_MEMBERS: Final = TypeAdapter(dict[str, Any])

FieldLines = Mapping[str, list[str]]
"""The values of each header field, by its name in lower case."""


class WrongAnswerError(Exception):
    """A response does not match the contract."""


class CalledOperation(Generic[Result_co]):
    """An operation of another service; generated clients declare those that they call.

    `Result_co` are the answers and problems that its contract declares.
    `is_repeatable` says whether a request may be sent again when it is unknown whether it was
    executed. With `last_known_seconds`, the last answer is used so long when there is no other.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        is_repeatable: bool = False,
        last_known_seconds: float | None = None,
    ) -> None:
        self.id: Final = operation.id
        self.is_repeatable: Final = is_repeatable
        self.last_known_seconds: Final = last_known_seconds
        self.needs_token: Final = operation.scopes is not None
        self._operation: Final = operation
        self._body = TypeAdapter[Any](operation.body) if operation.body is not None else None
        self._types = {each.name: TypeAdapter[Any](each.type) for each in operation.parameters}
        self._answers = {
            kind.status: _AnswerReader(kind)
            for kind in operation.answers
            if issubclass(kind, Answer)
        }
        self._problems = {
            kind.slug: kind for kind in operation.answers if issubclass(kind, Problem)
        }

    def request(
        self, arguments: Mapping[str, Any], body: object = None, key: str | None = None
    ) -> Request:
        """Write a request with these arguments of the operation's parameters."""
        path = self._operation.path
        query: list[tuple[str, str]] = []
        headers = [("accept", f"application/json, {MEDIA_TYPE}")]
        for each in self._operation.parameters:
            values = list(self._texts(each, arguments.get(each.argument)))
            if each.place == "path":
                path = path.replace(f"{{{each.name}}}", quote(values[0], safe=""))
            elif each.place == "query":
                query += [(each.name, value) for value in values]
            else:
                headers += [(each.name, value) for value in values]
        content = None
        if self._body is not None:
            headers.append(("content-type", "application/json"))
            content = self._body.dump_json(body, by_alias=True)
        if key is not None:
            headers.append((KEY, key))
        return Request(
            method=self._operation.method,
            path=f"{path}?{urlencode(query)}" if query else path,
            headers=headers,
            body=content,
        )

    def read(self, status: int, lines: FieldLines, content: bytes) -> Result_co | None:
        """Read a response; None for one that the contract does not declare of the handler.

        Raises WrongAnswerError.
        """
        try:
            reader = self._answers.get(status)
            read = reader.read if reader else self._problem
            return cast("Result_co | None", read(lines, content))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            text = ", ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in faults)
            raise WrongAnswerError(f"{self.id}, status {status}: {text}") from None

    def _problem(self, lines: FieldLines, content: bytes) -> Problem | None:
        if not lines.get("content-type", [""])[0].startswith(MEDIA_TYPE):
            return None
        members = _MEMBERS.validate_json(content)
        kind = self._problems.get(str(members.get("type")).removeprefix(TYPE_PREFIX))
        if kind is None:
            return None
        own = {each.name: members[each.name] for each in fields(kind) if each.name in members}
        return TypeAdapter[Problem](kind).validate_json(orjson.dumps(own))

    def _texts(self, parameter: Parameter, value: object) -> Iterator[str]:
        """Write the values of a parameter; none for one that is not given."""
        if value is None:
            return
        plain = self._types[parameter.name].dump_python(value, mode="json")
        for each in plain if isinstance(plain, list) else [plain]:
            yield str(each).lower() if isinstance(each, bool) else str(each)


class _AnswerReader:
    """Reads the responses of one answer class."""

    def __init__(self, kind: type[Answer]) -> None:
        types = get_type_hints(kind, include_extras=True)
        body = types.pop("body", None)
        self._kind = kind
        self._body = None if body is None else TypeAdapter[Any](body)
        names = [each.name for each in fields(kind) if each.name != "body"]
        self._lists = frozenset(name for name in names if get_origin(types[name]) is list)
        self._headers = {name: TypeAdapter[Any](types[name]) for name in names}

    def read(self, lines: FieldLines, content: bytes) -> Answer:
        """Read one. Raises pydantic's ValidationError."""
        values: dict[str, Any] = {}
        for name, adapter in self._headers.items():
            found = lines.get(name.replace("_", "-"), [])
            text = found[0] if found else None
            values[name] = adapter.validate_python(found if name in self._lists else text)
        if self._body is not None:
            values["body"] = self._body.validate_json(content)
        return self._kind(**values)
