"""What is written when sagas move: where they stand, and how they came there."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from waybill.rows import Rows
from waybill.saga.advance import Direction


class MovedRow(NamedTuple):
    """Where a saga stands now; `transitions` counts its moves."""

    saga_id: UUID
    direction: Direction
    position: int
    reason_code: str | None
    reason_detail: str | None
    transitions: int
    deadline_at: datetime | None


class ToldRow(NamedTuple):
    """One move of a saga's history."""

    saga_id: UUID
    number: int
    state: str
    detail: str
    event_id: UUID | None


MOVED: Final = Rows(MovedRow)
TOLD: Final = Rows(ToldRow)

MOVE: Final = MOVED.statement("""
    update sagas set direction = m.direction, position = m.position, reason_code = m.reason_code,
        reason_detail = m.reason_detail, transitions = m.transitions, deadline_at = m.deadline_at,
        updated_at = $1
    from {rows} as m ({columns})
    where sagas.saga_id = m.saga_id
""")
TELL: Final = TOLD.statement("""
    insert into saga_transitions ({columns}, at)
    select {columns}, $1 from {rows} as told ({columns})
""")
