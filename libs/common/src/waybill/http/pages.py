"""Cursor pages: `{items, next_cursor}`, where the cursor says after which row the next page begins.

A cursor is opaque to clients: the sort key of the last row, as base64url over JSON. It holds
nothing that its page did not show, so it is not signed; one that was tampered with is refused, or
at worst a position nobody asked for.
"""

import base64
from collections.abc import Sequence
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from waybill.http.problems import FieldError, InvalidParameters, ProblemError

Position = TypeVar("Position")
Row = TypeVar("Row")


class Cursor(Generic[Position]):
    """Cursors over rows sorted by `position`: a type such as UUID, or tuple[datetime, UUID]."""

    def __init__(self, position: type[Position], *, pointer: str = "/query/cursor") -> None:
        """Prepare; `pointer` names the parameter in problems."""
        self._type = TypeAdapter(position)
        self._pointer = pointer

    def encode(self, position: Position) -> str:
        """Write the cursor of the page after `position`."""
        return base64.urlsafe_b64encode(self._type.dump_json(position)).rstrip(b"=").decode()

    def decode(self, cursor: str | None) -> Position | None:
        """Read a cursor; None, for the first page, when there is none.

        Raises ProblemError (422 invalid-parameters) for a cursor that no page gave.
        """
        if cursor is None:
            return None
        try:
            return self._type.validate_json(_without_nul(_from_base64(cursor)), strict=True)
        except ValueError:  # pydantic's ValidationError and binascii.Error are some
            raise ProblemError(self._problem()) from None

    def _problem(self) -> InvalidParameters:
        detail = "Send the next_cursor of a page, or none to begin."
        fault = FieldError(pointer=self._pointer, code="cursor", detail=detail)
        return InvalidParameters(detail="The cursor was not given out here.", errors=(fault,))


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _without_nul(raw: bytes) -> bytes:
    if b"\\u0000" in raw:  # no row has it, and PostgreSQL would stumble over it
        raise ValueError
    return raw


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """Split what a query for `limit + 1` rows gave: the page, and its last row if more follow."""
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None
