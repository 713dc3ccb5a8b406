"""The base class of all models."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
)
from pydantic import model_serializer as serializer
from pydantic.fields import FieldInfo
from typing_extensions import override

from .response import Response

NULLABLE: Final = "x-nullable"
SENT: Final = "sent"
"""The context of serialization of a request's body."""


class Model(BaseModel):  # noqa: PLW1641 (frozen: pydantic makes its hash)
    """An immutable value. Unknown fields of a response are in `model_extra`; they are not sent."""

    model_config = ConfigDict(
        frozen=True, extra="allow", validate_by_name=True, validate_by_alias=True
    )

    _response: Response | None = PrivateAttr(default=None)

    @override
    def __eq__(self, other: object) -> bool:
        """Compare the fields, without the response that they came in."""
        return (
            isinstance(other, Model)
            and type(self) is type(other)
            and self.__dict__ == other.__dict__
            and self.model_extra == other.model_extra
        )

    @serializer(mode="wrap")
    def _without_absent_fields(
        self, write: SerializerFunctionWrapHandler, info: SerializationInfo[str | None]
    ) -> dict[str, Any]:
        """Omit optional fields that are None, unless the field is nullable and None was passed."""
        written: dict[str, Any] = write(self)
        for name, field in type(self).model_fields.items():
            if getattr(self, name) is None and not self._is_explicit_null(name, field):
                written.pop(name, None)
                written.pop(field.serialization_alias or name, None)
        if info.context == SENT:
            for name in self.model_extra or ():
                del written[name]
        return written

    def _is_explicit_null(self, name: str, field: FieldInfo) -> bool:
        extra = field.json_schema_extra
        nullable = isinstance(extra, dict) and bool(extra.get(NULLABLE))
        return field.is_required() or (nullable and name in self.model_fields_set)


def response(answer: Model) -> Response:
    """Return the status, the headers and the body with which an answer came.

    Raises ValueError for a value that is not the body of a response.
    """
    found = answer._response  # noqa: SLF001 (of this module)
    if found is None:
        raise ValueError("this is not the body of a response")
    return found


def headers(answer: Model) -> Mapping[str, str]:
    """Return the headers of a response, such as "etag"; names are case-insensitive.

    Raises ValueError for a value that is not the body of a response.
    """
    return response(answer).headers


def with_response(answer: object, came: Response) -> None:
    """Attach a response to its body."""
    if isinstance(answer, Model):
        answer._response = came  # noqa: SLF001 (of this module)
