"""The base class of all models."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, SerializerFunctionWrapHandler
from pydantic import model_serializer as serializer
from pydantic.fields import FieldInfo
from typing_extensions import override

NULLABLE = "x-nullable"


class Model(BaseModel):  # noqa: PLW1641 (frozen: pydantic makes its hash)
    """An immutable value. Unknown fields of a response are ignored."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    _headers: Mapping[str, str] | None = PrivateAttr(default=None)

    @override
    def __eq__(self, other: object) -> bool:
        """Compare the fields, without the headers of the response."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    @serializer(mode="wrap")
    def _without_absent_fields(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Omit optional fields that are None, unless the field is nullable and None was passed."""
        written: dict[str, Any] = write(self)
        for name, field in type(self).model_fields.items():
            if getattr(self, name) is None and not self._is_explicit_null(name, field):
                written.pop(name, None)
                written.pop(field.serialization_alias or name, None)
        return written

    def _is_explicit_null(self, name: str, field: FieldInfo) -> bool:
        extra = field.json_schema_extra
        nullable = isinstance(extra, dict) and bool(extra.get(NULLABLE))
        return field.is_required() or (nullable and name in self.model_fields_set)


def headers(answer: Model) -> Mapping[str, str]:
    """Return the headers of a response, such as "etag"; names are case-insensitive.

    Raises ValueError for a value that is not the body of a response.
    """
    found = answer._headers  # noqa: SLF001
    if found is None:
        raise ValueError("this is not the body of a response")
    return found


def with_headers(answer: object, came: Mapping[str, str]) -> None:
    """Attach the headers of a response to its body."""
    if isinstance(answer, Model):
        answer._headers = came  # noqa: SLF001
