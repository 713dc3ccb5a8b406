"""What all models have in common."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, SerializerFunctionWrapHandler
from pydantic import model_serializer as serializer
from pydantic.fields import FieldInfo
from typing_extensions import override

NULLABLE = "x-nullable"


class Model(BaseModel):  # noqa: PLW1641 (frozen: pydantic makes its hash)
    """A value that cannot be changed. What an answer holds beyond its fields is ignored."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    _headers: Mapping[str, str] | None = PrivateAttr(default=None)

    @override
    def __eq__(self, other: object) -> bool:
        """Compare the fields, whatever answer they came with."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    @serializer(mode="wrap")
    def _without_what_is_not_there(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out optional fields that are None, unless None was given and means null."""
        written: dict[str, Any] = write(self)
        for name, field in type(self).model_fields.items():
            if getattr(self, name) is None and not self._says_null(name, field):
                written.pop(name, None)
                written.pop(field.serialization_alias or name, None)
        return written

    def _says_null(self, name: str, field: FieldInfo) -> bool:
        extra = field.json_schema_extra
        nullable = isinstance(extra, dict) and bool(extra.get(NULLABLE))
        return field.is_required() or (nullable and name in self.model_fields_set)


def headers(answer: Model) -> Mapping[str, str]:
    """Give the headers that an answer came with, such as "etag"; in any spelling of the name.

    Raises ValueError for a value that did not come as an answer.
    """
    found = answer._headers  # noqa: SLF001
    if found is None:
        raise ValueError("this did not come as an answer")
    return found


def with_headers(answer: object, came: Mapping[str, str]) -> None:
    """Keep the headers of an answer with it."""
    if isinstance(answer, Model):
        answer._headers = came  # noqa: SLF001
