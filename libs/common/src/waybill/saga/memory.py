"""Where sagas stood when this process last moved them: so that the next move need not read it.

What is remembered may be out of date: another process may have moved the saga since. It is only
relied on where the number of the next move is claimed, which fails when somebody else has it.

Nothing has to be taken back after a rollback: an entry is taken out when it is used, and what has
become of it is put in when that is committed.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from waybill.saga.rows import Row

REMEMBERED_MAX: Final = 4_096
"""Sagas: more than are under way at 1,000 orders a second, and a few megabytes."""


class Memory:
    """The sagas that were moved last, those that have ended left out."""

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._rows: OrderedDict[UUID, Row] = OrderedDict()

    def take(self, saga_ids: Iterable[UUID]) -> dict[UUID, Row]:
        """Take out those of the sagas that are remembered."""
        found = ((saga_id, self._rows.pop(saga_id, None)) for saga_id in saga_ids)
        return {saga_id: row for saga_id, row in found if row is not None}

    def put(self, rows: Iterable[Row]) -> None:
        """Remember sagas as they were just committed; forget the oldest ones beyond the limit."""
        for row in rows:
            self._rows.pop(row.saga_id, None)
            if not row.position.ended:
                self._rows[row.saga_id] = row
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)
