"""The scalar types of the contracts: ids, instants and days, each in one spelling only.

JSON Schema's formats and pydantic's own types accept more than one form of the same value
(`{6ba7…}` and `urn:uuid:6ba7…`, `2026-01-01 10:00+01`, a number as a time). Here JSON is read only
in the form that is also written: a UUID with its hyphens, an RFC 3339 instant in UTC that ends in
`Z`, an ISO 8601 day. Python code passes `uuid.UUID`, an aware `datetime` in UTC, a `date`; no
strings. The checks run inside pydantic-core, because events pass through them by the thousand.

The names are those that the model generator imports.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, StrictInt
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

UUID_PATTERN: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
INSTANT_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$"
DAY_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}$"


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: hashable, as a part of a type must be
class OneSpelling:
    """Pydantic annotation: JSON must match `pattern` before it is parsed; Python must be the type.

    JSON that cannot be parsed raises pydantic's `ValidationError`, like any other invalid value.
    """

    pattern: str
    parse: Callable[[str], object]
    schema: CoreSchema
    instance: CoreSchema

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:  # noqa: ANN401 (pydantic's hook)
        text = core_schema.str_schema(pattern=self.pattern)
        read = core_schema.no_info_after_validator_function(self.parse, text)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.lax_or_strict_schema(
                lax_schema=core_schema.chain_schema([text, self.schema]),
                # In strict mode, pydantic-core takes text as Python input and requires an instance.
                strict_schema=core_schema.chain_schema([read, self.instance]),
            ),
            python_schema=self.instance,
        )


UUID: TypeAlias = Annotated[
    uuid.UUID,
    OneSpelling(
        pattern=UUID_PATTERN,
        parse=uuid.UUID,
        schema=core_schema.uuid_schema(),
        instance=core_schema.uuid_schema(strict=True),
    ),
]

AwareDatetime: TypeAlias = Annotated[
    dt.datetime,
    OneSpelling(
        pattern=INSTANT_PATTERN,
        parse=dt.datetime.fromisoformat,
        schema=core_schema.datetime_schema(tz_constraint=0),
        instance=core_schema.datetime_schema(strict=True, tz_constraint=0),
    ),
]

date: TypeAlias = Annotated[
    dt.date,
    OneSpelling(
        pattern=DAY_PATTERN,
        parse=dt.date.fromisoformat,
        schema=core_schema.date_schema(),
        instance=core_schema.date_schema(strict=True),
    ),
]


def _not_zero(value: int) -> int:
    if value == 0:
        raise PydanticCustomError("zero", "Input should not be zero")
    return value


NonZero: TypeAlias = Annotated[StrictInt, AfterValidator(_not_zero)]
