"""The cache of saga rows: sagas as this process last moved them, or as they were started.

A cached row may be out of date: another process may have moved the saga since. It is only used
where the number of the next transition is claimed, which fails in that case.

A rollback needs no cleanup: an entry is removed when it is used, and the new state is added after
the commit.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from waybill.saga.rows import Row

REMEMBERED_MAX: Final = 4_096
"""Sagas: more than are running at 1,000 orders a second; takes a few megabytes."""


class Memory:
    """The running sagas that were moved last."""

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._rows: OrderedDict[UUID, Row] = OrderedDict()

    def take(self, saga_ids: Iterable[UUID]) -> dict[UUID, Row]:
        """Remove and return those of the sagas that are cached."""
        found = ((saga_id, self._rows.pop(saga_id, None)) for saga_id in saga_ids)
        return {saga_id: row for saga_id, row in found if row is not None}

    def add(self, rows: Iterable[Row]) -> None:
        """Cache sagas that another process has committed, unless they are cached."""
        self.put(row for row in rows if row.saga_id not in self._rows)

    def put(self, rows: Iterable[Row]) -> None:
        """Cache sagas as they were committed; evict the oldest ones beyond the limit."""
        for row in rows:
            self._rows.pop(row.saga_id, None)
            if not row.position.ended:
                self._rows[row.saga_id] = row
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)
