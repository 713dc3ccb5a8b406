"""The planted bugs: each of a kind that has been shipped before.

When the code has changed so that the lines are not there any more, a mutant says so; it is then to
be planted anew. A lock that a constraint stands behind is no good place: without the row locks of
the saga engine, the primary key of the history refuses the second of two moves, and the engine
tries again.
"""

from typing import Final

from waybill_simulation.planting import Edit, Mutant

MUTANTS: Final = (
    Mutant(
        "offset-committed-too-early",
        "the consumer commits offsets before the batch is dealt with",
        Edit(
            "waybill.receiving.consumer",
            """
            await self._deliver(records, stop)
            offsets.processed(records)
            """,
            """
            offsets.processed(records)
            await offsets.commit()
            await self._deliver(records, stop)
            """,
        ),
    ),
    Mutant(
        "relay-without-lock",
        "the relay of every replica believes that it leads",
        Edit(
            "waybill.sending.relay",
            'is_leader = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))',
            "is_leader = True",
        ),
    ),
    Mutant(
        "inbox-outside-the-transaction",
        "the inbox is committed before the event handlers",
        Edit(
            "waybill.receiving.batch_processor",
            "await self._react(tx, _first_of_each(batch, ids))",
            """
            await claim_new(tx, ids, now)
            await tx.execute("COMMIT")
            await self._react(tx, _first_of_each(batch, ids))
            return
            """,
        ),
    ),
    Mutant(
        "inbox-forgotten",
        "an event that comes again is dealt with again",
        Edit(
            "waybill.receiving.batch_processor",
            """
            tx.defer(mark_processed, [(event_id, now) for event_id in ids])
            self._checks_first = False
            """,
            "self._checks_first = False",
        ),
    ),
    Mutant(
        "inbox-race-not-noticed",
        "events that another replica has dealt with meanwhile are not noted, and have taken effect",
        Edit(
            "waybill.receiving.inbox",
            "FROM unnest($1::uuid[], $2::timestamptz[]) AS received (event_id, received_at)",
            """
            FROM unnest($1::uuid[], $2::timestamptz[]) AS received (event_id, received_at)
            ON CONFLICT DO NOTHING
            """,
        ),
    ),
    Mutant(
        "parked-events-not-looked-for",
        "events take effect though an earlier one of their key is parked",
        Edit(
            "waybill.receiving.inbox",
            """
            _FIND: Final = \"\"\"
            SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))
            OR EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded')
            \"\"\"
            _MARK: Final = \"\"\"
            INSERT INTO inbox (event_id, received_at)
            SELECT event_id, CASE
            WHEN EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') THEN NULL
            ELSE received_at
            END
            """,
            """
            _FIND = "SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))"
            _MARK = \"\"\"
                INSERT INTO inbox (event_id, received_at)
                SELECT event_id, received_at
            """,
        ),
    ),
    Mutant(
        "remembered-saga-moved-without-its-number",
        "a saga that another process has moved meanwhile is moved on from where it was",
        Edit(
            "waybill.saga.rows",
            """
            _APPEND: Final = _HISTORY.statement(\"\"\"
            insert into saga_transitions ({columns}, at)
            select {columns}, $1 from {rows} as moved ({columns})
            \"\"\")
            _MOVE: Final = _MOVED.statement(\"\"\"
            update sagas
            set direction = case when sagas.transitions = m.before then m.direction end,
            """,
            """
            _APPEND = _HISTORY.statement(\"\"\"
                insert into saga_transitions ({columns}, at)
                select {columns}, $1 from {rows} as moved ({columns})
                on conflict do nothing
            \"\"\")
            _MOVE = _MOVED.statement(\"\"\"
                update sagas
                set direction = m.direction,
            """,
        ),
    ),
    Mutant(
        "remembered-saga-believed-when-nothing-moves",
        "an event counts as out of turn because of where the saga stood when it was last here",
        Edit(
            "waybill.saga.engine",
            "if tx.optimistic and _moves_with_each(row, by_saga[saga_id])",
            "if tx.optimistic",
        ),
    ),
    Mutant(
        "remembered-reservation-not-checked",
        "units are sold that were taken back since they were set aside",
        Edit(
            "inventory.optimistic",
            "set status = case when reservations.status = 'reserved' then 'committed' end,",
            "set status = 'committed',",
        ),
    ),
    Mutant(
        "stock-taken-for-enough",
        "orders are promised units of which there are none",
        Edit(
            "inventory.optimistic",
            "when on_hand >= taken.units then on_hand - taken.units",
            "when on_hand >= taken.units then on_hand - taken.units else on_hand",
        ),
    ),
    Mutant(
        "key-race-not-noticed",
        "an order is placed though another replica has kept an answer under its key meanwhile",
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
        "events are written when their transaction has ended",
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
        "compensation-forgotten",
        "a saga that turns back does not release the stock",
        Edit(
            "orders.saga",
            """
            deadline=ANSWER_WITHIN,
            compensation=_RELEASE,
            """,
            "deadline=ANSWER_WITHIN,",
        ),
    ),
    Mutant(
        "timed-out-step-not-undone",
        "a step that did not answer in time counts as not done",
        Edit(
            "waybill.saga.advance",
            "else _compensate(saga, at.index, TIMED_OUT)",
            "else _compensate(saga, at.index - 1, TIMED_OUT)",
        ),
    ),
    Mutant(
        "position-as-cursor",
        "the relay reads behind the highest position that it has published",
        Edit(
            "waybill.sending.relay_store",
            """
            WHERE "offset" IS NULL
            AND position <> ALL ($2::bigint[])
            """,
            """
            WHERE "offset" IS NULL
              AND position > (
                  SELECT coalesce(max(position), 0) FROM outbox WHERE "offset" IS NOT NULL
              )
              AND position > (SELECT coalesce(max(done), 0) FROM unnest($2::bigint[]) AS done)
            """,
        ),
    ),
    Mutant(
        "events-published-newest-first",
        "the relay does not keep the order of positions",
        Edit(
            "waybill.sending.relay_store",
            """
            ORDER BY position
            LIMIT $11
            """,
            """
            ORDER BY position DESC
            LIMIT $11
            """,
        ),
    ),
    Mutant(
        "published-across-a-gap",
        "the relay publishes from memory what comes behind positions it knows nothing of",
        Edit(
            "waybill.sending.frontier",
            """
            elif position < self._unknown_below or position > following:
                return None
            elif position == following:
                if holes or self._unknown_below:
                    return None
                following += 1
                admitted.append(event)
            """,
            """
            elif position >= following:
                following = position + 1
                admitted.append(event)
            """,
        ),
    ),
    Mutant(
        "failed-batch-left-behind",
        "the relay goes on with newer events from memory when the broker has not taken a batch",
        Edit(
            "waybill.sending.publisher",
            """
            if failure is not None:
                raise failure
            return count
            """,
            "return sum(len(batch.positions) for batch in batches.values())",
        ),
    ),
    Mutant(
        "published-before-acknowledged",
        "the relay marks what the broker has not acknowledged",
        Edit(
            "waybill.sending.publisher",
            "results = await self._link.produce(encoded, self._logs.states)",
            """
            for partition, batch in batches.items():
                self._published(partition, batch, 0)
            await self.mark()
            results = await self._link.produce(encoded, self._logs.states)
            """,
        ),
    ),
    Mutant(
        "lost-broker-not-noticed",
        "a broker that has lost its logs is taken for whole",
        Edit(
            "waybill.sending.broker_logs",
            """
            await self._find_lost_topics()
            await self._find_lost_tails()
            """,
            "pass",
        ),
    ),
    Mutant(
        "timer-fired-twice",
        "a repeated call of the bank is a new call to it",
        Edit(
            "payments.calls",
            "key = idempotency_key(payment.payment_id, operation)",
            'key = f"{idempotency_key(payment.payment_id, operation)}:{payment.attempts}"',
        ),
    ),
    Mutant(
        "stock-without-book",
        "reservations are changed without the lock of the stock book",
        Edit(
            "inventory.store",
            "await tx.execute(_LOCK_BOOK)",
            "pass",
        ),
    ),
    Mutant(
        "expired-reservation-sold",
        "a reservation that was taken back is sold all the same",
        Edit(
            "inventory.domain",
            'return "committed" if status == "reserved" else status',
            'return "committed" if status in ("reserved", "expired") else status',
        ),
    ),
    Mutant(
        "sold-units-not-released",
        "an order that is cancelled late keeps the units that it was sold",
        Edit(
            "inventory.domain",
            'return "released" if status in ("reserved", "committed") else status',
            'return "released" if status == "reserved" else status',
        ),
    ),
    Mutant(
        "void-told-and-not-done",
        "a payment is said to be void before the bank has let go of the money",
        Edit(
            "payments.domain",
            """
            case Status.AUTHORIZED:
                return _begin(payment, Status.VOIDING, now)
            """,
            """
            case Status.AUTHORIZED:
                return _settle(payment, Status.VOIDED, Fact.VOIDED)
            """,
        ),
    ),
    Mutant(
        "order-placed-twice",
        "the answer is not kept under the idempotency key",
        Edit(
            "waybill.http.execution",
            "await idempotency.store(tx, stored)",
            "pass",
        ),
    ),
)


def find(name: str) -> Mutant:
    """Return the mutant of that name. Raises LookupError."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    raise LookupError(f"no mutant is named {name}")
