"""Planted bugs of transactions, idempotency keys and the saga engine."""

from typing import Final

from waybill_simulation.planting import Edit, Mutant

TRANSACTIONS: Final = (
    Mutant(
        "remembered-saga-moved-without-its-number",
        "a remembered saga is advanced without checking that no other process has advanced it",
        Edit(
            "waybill.saga.rows",
            """
            _APPEND: Final = _HISTORY.write(\"\"\"
            insert into saga_transitions ({columns}, at)
            select {columns}, $1 from {rows} as moved ({columns})
            \"\"\")
            _MOVE: Final = _MOVED.write(\"\"\"
            update sagas
            set direction = case when sagas.transitions = m.before then m.direction end,
            """,
            """
            _APPEND = _HISTORY.write(\"\"\"
                insert into saga_transitions ({columns}, at)
                select {columns}, $1 from {rows} as moved ({columns})
                on conflict do nothing
            \"\"\")
            _MOVE = _MOVED.write(\"\"\"
                update sagas
                set direction = m.direction,
            """,
        ),
    ),
    Mutant(
        "remembered-saga-believed-when-nothing-moves",
        "an event is ignored because of the remembered state of a saga that has changed since",
        Edit(
            "waybill.saga.engine",
            "if tx.optimistic and _moves_with_each(row, by_saga[saga_id])",
            "if tx.optimistic",
        ),
    ),
    Mutant(
        "key-race-not-noticed",
        "a conflict with an answer that another replica has stored under the same key is ignored",
        Edit(
            "waybill.http.idempotency",
            """
            ORDER BY principal, operation, key
            \"\"\")
            """,
            """
            ORDER BY principal, operation, key
            ON CONFLICT DO NOTHING
            \"\"\")
            """,
        ),
    ),
    Mutant(
        "outbox-after-the-commit",
        "the outbox is written after its transaction has committed",
        Edit(
            "waybill.postgres.pool",
            """
            await tx.finish()
            await tx.commit()
            """,
            """
            await tx.commit()
            await tx.finish()
            """,
        ),
    ),
    Mutant(
        "timed-out-step-not-undone",
        "a step that timed out is not compensated",
        Edit(
            "waybill.saga.advance",
            "else _compensate(saga, at.index, TIMED_OUT)",
            "else _compensate(saga, at.index - 1, TIMED_OUT)",
        ),
    ),
    Mutant(
        "order-placed-twice",
        "the answer is not stored under the idempotency key",
        Edit(
            "waybill.http.execution",
            "await idempotency.store(tx, stored)",
            "pass",
        ),
    ),
)
