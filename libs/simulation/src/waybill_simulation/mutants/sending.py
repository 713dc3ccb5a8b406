"""Planted bugs of the relay and its publisher."""

from typing import Final

from waybill_simulation.planting import Edit, Mutant

SENDING: Final = (
    Mutant(
        "relay-without-lock",
        "the relay of every replica acts as the elected leader",
        Edit(
            "waybill.sending.relay",
            'is_leader = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))',
            "is_leader = True",
        ),
    ),
    Mutant(
        "position-as-cursor",
        "the relay reads only above the highest position that it has published",
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
        "the relay publishes in descending order of positions",
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
        "the relay publishes from memory past positions whose events it has not read",
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
        "the relay publishes newer events from memory after a batch has failed",
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
        "the relay marks events that the broker has not acknowledged",
        Edit(
            "waybill.sending.publisher",
            "results = await self._link.produce(encoded, self._logs.states)",
            """
            for partition, batch in batches.items():
                self._marks.add(partition, batch.positions, self._logs.appended(partition, 0))
            await self.mark()
            results = await self._link.produce(encoded, self._logs.states)
            """,
        ),
    ),
    Mutant(
        "lost-broker-not-noticed",
        "the loss of a log by the broker is not detected",
        Edit(
            "waybill.sending.broker_logs",
            """
            await self._find_lost_topics()
            await self._find_lost_tails()
            """,
            "pass",
        ),
    ),
)
