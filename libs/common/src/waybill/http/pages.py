"""Cursor pages: `{items, next_cursor}`, where the cursor identifies the last row of the page.

A cursor is opaque to clients: the sort key of the last row, as base64url over JSON. It contains
only data of its page, so it is not signed. A modified one is refused, or selects another position.
"""

import base64
from collections.abc import Sequence
from itertools import takewhile
from typing import Final, Generic, TypeVar

import asyncpg
from pydantic import TypeAdapter

from waybill.http.problems import FieldError, InvalidParameters, ProblemError

PARTS_MAX: Final = 4_000
"""Limit for the parts of all items of a page, such as the lines of orders. They take some 50 ms of
processor time, during which no other request is served."""

Position = TypeVar("Position")
Row = TypeVar("Row")


class Cursor(Generic[Position]):
    """Cursors over rows sorted by `position`: a type such as UUID, or tuple[datetime, UUID]."""

    def __init__(self, position: type[Position], *, pointer: str = "/query/cursor") -> None:
        """Create cursors; `pointer` names the parameter in problems."""
        self._type = TypeAdapter(position)
        self._pointer = pointer

    def encode(self, position: Position) -> str:
        """Return the cursor of the page after `position`."""
        return base64.urlsafe_b64encode(self._type.dump_json(position)).rstrip(b"=").decode()

    def decode(self, cursor: str | None) -> Position | None:
        """Decode a cursor; None, for the first page, when there is none.

        Raises ProblemError (422 invalid-parameters) for an invalid cursor.
        """
        if cursor is None:
            return None
        try:
            return self._type.validate_json(_without_nul(_from_base64(cursor)), strict=True)
        except ValueError:  # pydantic's ValidationError and binascii.Error are some
            raise ProblemError(self._problem()) from None

    def _problem(self) -> InvalidParameters:
        detail = "Send the next_cursor of a page, or no cursor for the first page."
        fault = FieldError(pointer=self._pointer, code="cursor", detail=detail)
        return InvalidParameters(detail="The cursor is not valid.", errors=(fault,))


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _without_nul(raw: bytes) -> bytes:
    if b"\\u0000" in raw:  # no row contains it, and PostgreSQL refuses it
        raise ValueError
    return raw


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """Split the rows of a query for `limit + 1`: the page, and its last row if more follow."""
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None


def whole_items(
    items: Sequence[asyncpg.Record], parts: Sequence[asyncpg.Record], key: str
) -> Sequence[asyncpg.Record]:
    """Return the items of which a query for PARTS_MAX + 1 `parts` has found all parts.

    Both have their items in the same order, and name them by the column `key`.
    """
    if len(parts) <= PARTS_MAX:
        return items
    cut_off = parts[-1][key]
    return list(takewhile(lambda item: item[key] != cut_off, items))
