"""Planted bugs of the consumer, the batch processor and the inbox."""

from typing import Final

from waybill_simulation.planting import Edit, Mutant

RECEIVING: Final = (
    Mutant(
        "offset-committed-too-early",
        "the consumer commits offsets before the batch is processed",
        Edit(
            "waybill.receiving.consumer",
            """
            await self._deliver(batch, stop)
            assignment.processed(batch)
            """,
            """
            assignment.processed(batch)
            await assignment.commit()
            await self._deliver(batch, stop)
            """,
        ),
    ),
    Mutant(
        "inbox-outside-the-transaction",
        "the inbox is committed before the event handlers",
        Edit(
            "waybill.receiving.batch_processor",
            "await self._react(tx, all_new)",
            """
            await claim_new(tx, ids, now)
            await tx.execute("COMMIT")
            await self._react(tx, all_new)
            return
            """,
        ),
    ),
    Mutant(
        "inbox-forgotten",
        "an event that is delivered again is processed again",
        Edit(
            "waybill.receiving.batch_processor",
            """
            tx.defer(mark_processed, [ReceivedEvent(event_id, now) for event_id in ids])
            self._checks_first = False
            """,
            "self._checks_first = False",
        ),
    ),
    Mutant(
        "inbox-race-not-noticed",
        "a conflict with events that another replica has processed is ignored",
        Edit(
            "waybill.receiving.inbox",
            "FROM {rows} AS received ({columns})",
            """
            FROM {rows} AS received ({columns})
            ON CONFLICT DO NOTHING
            """,
        ),
    ),
    Mutant(
        "parked-events-not-checked",
        "events are processed although an earlier one of their key is parked",
        Edit(
            "waybill.receiving.inbox",
            """
            _FIND: Final = \"\"\"
            SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))
            OR EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded')
            \"\"\"
            _MARK: Final = _RECEIVED.write(\"\"\"
            INSERT INTO inbox (event_id, received_at)
            SELECT event_id, CASE
            WHEN EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') THEN NULL
            ELSE received_at
            END
            """,
            """
            _FIND = "SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))"
            _MARK = _RECEIVED.write(\"\"\"
                INSERT INTO inbox (event_id, received_at)
                SELECT event_id, received_at
            """,
        ),
    ),
)
