"""Types and casts. Values are Python values, as in asyncpg."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from waybill_simulation.postgres.not_simulated import NotSimulatedError

_NAMES: Final = {
    "smallint": "smallint", "int2": "smallint",
    "integer": "integer", "int": "integer", "int4": "integer",
    "bigint": "bigint", "int8": "bigint",
    "text": "text",
    "character varying": "varchar", "varchar": "varchar",
    "boolean": "boolean", "bool": "boolean",
    "uuid": "uuid",
    "bytea": "bytea",
    "date": "date",
    "numeric": "numeric", "decimal": "numeric",
    "double precision": "double precision", "float8": "double precision",
    "timestamp with time zone": "timestamptz", "timestamptz": "timestamptz",
    "interval": "interval",
}  # fmt: skip

_PYTHON: Final[dict[str, type]] = {
    "uuid": UUID,
    "bytea": bytes,
    "date": dt.date,
    "numeric": Decimal,
    "double precision": float,
    "timestamptz": dt.datetime,
    "interval": dt.timedelta,
}
_INTERVAL: Final = re.compile(r"(\d+) (second|minute|hour|day|week)s?|(\d+):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type by its shortest name; `length` is that of `varchar(length)`."""

    name: str
    is_array: bool = False
    length: int | None = None


def sql_type(name: str, modifiers: tuple[int, ...] = (), *, is_array: bool = False) -> SqlType:
    """Find a type by any of its names. Raises NotSimulatedError."""
    known = _NAMES.get(name)
    if known is None or (modifiers and known != "varchar"):
        written = f"{name}({','.join(map(str, modifiers))})" if modifiers else name
        raise NotSimulatedError(f"the type {written}", name)
    return SqlType(known, is_array, modifiers[0] if modifiers else None)


def converter(wanted: SqlType) -> Callable[[Any], Any]:
    """Make a function that casts a value. It raises NotSimulatedError for an unsupported cast."""
    one = _scalar(wanted)
    if not wanted.is_array:
        return one

    def each(value: Any) -> Any:  # noqa: ANN401 (any value)
        if isinstance(value, str):
            value = _array_literal(value)
        return None if value is None else [one(item) for item in value]

    return each


def _scalar(wanted: SqlType) -> Callable[[Any], Any]:
    def cast(value: Any) -> Any:  # noqa: ANN401 (any value)
        if value is None:
            return None
        try:
            found = _cast(value, wanted.name)
        except ValueError:
            found = None
        if found is None:
            raise NotSimulatedError(f"the cast of {value!r} to {wanted.name}", wanted.name)
        return found if wanted.length is None else found[: wanted.length]

    return cast


# Any: any value, and None for an unsupported cast.
def _cast(value: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 (one line for each)
    match name, value:
        case "text" | "varchar", bool():
            return "true" if value else "false"
        case "text" | "varchar", str() | int() | UUID():
            return str(value)
        case "smallint" | "integer" | "bigint", int() | str():
            return int(value)
        case "boolean", bool():
            return value
        case "boolean", "true" | "t" | "false" | "f":
            return value.startswith("t")
        case "interval", str():
            return _interval(value)
        case "numeric", int() | str():
            return Decimal(value)
        case "uuid", str():
            return UUID(value)
        case _:
            return value if type(value) is _PYTHON.get(name) else None


def _interval(text: str) -> dt.timedelta | None:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return None
    if found[2]:
        return dt.timedelta(**{f"{found[2]}s": int(found[1])})
    hours, minutes, seconds = map(int, found.group(3, 4, 5))
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _array_literal(text: str) -> list[str]:
    inside = text.removeprefix("{").removesuffix("}")
    if '"' in inside or "{" in inside or "\\" in inside or "null" in inside.lower():
        raise NotSimulatedError(f"the array {text!r}", text)
    return inside.split(",") if inside else []
