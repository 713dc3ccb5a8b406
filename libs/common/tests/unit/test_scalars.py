import uuid
from datetime import UTC as ZULU
from datetime import date as day
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from waybill.scalars import UUID, AwareDatetime, NonZero, date

ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
NOON = datetime(2026, 1, 1, 12, tzinfo=ZULU)

READ = [
    (UUID, f'"{ID}"', uuid.UUID(ID)),
    (UUID, f'"{ID.upper()}"', uuid.UUID(ID)),
    (AwareDatetime, '"2026-01-01T12:00:00Z"', NOON),
    (AwareDatetime, '"2026-01-01T12:00:00.25Z"', NOON + timedelta(milliseconds=250)),
    (date, '"2026-01-01"', day(2026, 1, 1)),
    (NonZero, "-1", -1),
]

REFUSED = [
    (UUID, f'"{{{ID}}}"'),
    (UUID, f'"urn:uuid:{ID}"'),
    (UUID, f'"{ID.replace("-", "")}"'),
    (UUID, f'" {ID}"'),
    (UUID, f'"{ID}\\n"'),
    (UUID, "1"),
    (UUID, "null"),
    (AwareDatetime, '"2026-01-01T12:00:00"'),
    (AwareDatetime, '"2026-01-01T12:00:00+00:00"'),
    (AwareDatetime, '"2026-01-01T13:00:00+01:00"'),
    (AwareDatetime, '"2026-01-01 12:00:00Z"'),
    (AwareDatetime, '"2026-01-01T12:00Z"'),
    (AwareDatetime, '"2026-01-01"'),
    (AwareDatetime, '"2026-02-30T12:00:00Z"'),
    (AwareDatetime, '"2026-01-01T24:00:00Z"'),
    (AwareDatetime, '"1767268800"'),
    (AwareDatetime, "1767268800"),
    (date, '"2026-01-01T00:00:00Z"'),
    (date, '"20260101"'),
    (date, '"2026-02-30"'),
    (date, "20454"),
    (NonZero, "0"),
    (NonZero, "1.0"),
    (NonZero, '"1"'),
]

CONSTRUCTED = [(UUID, uuid.UUID(ID)), (AwareDatetime, NOON), (date, day(2026, 1, 1))]

NOT_CONSTRUCTED = [
    (UUID, ID),
    (AwareDatetime, "2026-01-01T12:00:00Z"),
    (AwareDatetime, NOON.replace(tzinfo=None)),
    (AwareDatetime, NOON.astimezone(timezone(timedelta(hours=1)))),
    (AwareDatetime, 1767268800),
    (date, "2026-01-01"),
    (date, NOON),
]


@pytest.mark.parametrize("strict", [None, True])
@pytest.mark.parametrize(("kind", "json", "value"), READ)
def test_json_is_read_when_it_has_the_one_spelling(
    kind: Any, json: str, value: object, strict: Literal[True] | None
) -> None:
    assert TypeAdapter(kind).validate_json(json, strict=strict) == value


@pytest.mark.parametrize("strict", [None, True])
@pytest.mark.parametrize(("kind", "json"), REFUSED)
def test_json_is_refused_when_it_has_another_spelling(
    kind: Any, json: str, strict: Literal[True] | None
) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(json, strict=strict)


@pytest.mark.parametrize(("kind", "value"), CONSTRUCTED)
def test_python_values_are_taken_when_they_are_of_the_type(kind: Any, value: object) -> None:
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize(("kind", "value"), NOT_CONSTRUCTED)
def test_python_values_are_refused_when_they_would_need_conversion(
    kind: Any, value: object
) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("zone", [ZULU, timezone(timedelta(0))])
def test_instants_are_written_with_a_z_whatever_their_utc_is_called(zone: timezone) -> None:
    written = TypeAdapter(AwareDatetime).dump_json(NOON.astimezone(zone))

    assert written == b'"2026-01-01T12:00:00Z"'
