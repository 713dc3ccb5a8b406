"""Invariants of events: each takes effect once in every service that receives it.

The primary key of each inbox prevents a second effect. A missing event may still be in flight, so
it counts as lost only when later events were processed or its receiver makes no progress.
"""

from typing import Final

from waybill_toolkit.operations.audit.invariant import EVERY, TOGETHER, Invariant

EVENTS: Final = (
    Invariant(
        name="events-are-published",
        meaning="Every event is published: the relay skips none and makes progress.",
        where=EVERY,
        # Skipped: events are published in order, but a later one is published already.
        # Stalled: the event is old, and the relay publishes nothing.
        sql="""
            select position, event_id, type, key, time
            from outbox
            where published_at is null
                and greatest(time, pg_postmaster_start_time())
                    < now() - current_setting('audit.grace')::interval
                and (position < (select max(position) from outbox where published_at is not null)
                    or not exists (
                        select from outbox as other
                        where published_at > now() - current_setting('audit.grace')::interval))
            order by position
        """,
    ),
    Invariant(
        name="events-take-effect",
        meaning="Every published event has been processed by each service that receives its type.",
        where=TOGETHER,
        # Skipped: a partition is processed in order, but a later event of it is processed already.
        # Stalled: the event is old, and its receiver processes nothing of the partition.
        sql="""
            with missing as (
                select receiver, sender, event_id, type, topic, partition, position, published_at
                from sent join receives using (type)
                where published_at < :now - :grace_seconds
                    and not exists (
                        select 1 from taken
                        where taken.receiver = receives.receiver
                            and taken.event_id = sent.event_id)
            )
            select receiver, sender, event_id, type, topic, partition, position,
                (select max(later.position) from sent as later join taken using (event_id)
                    where taken.receiver = missing.receiver and later.topic = missing.topic
                        and later.partition = missing.partition) as taken_up_to
            from missing
            where position < taken_up_to
                or not exists (
                    select 1 from sent as other join taken using (event_id)
                    where taken.receiver = missing.receiver and other.topic = missing.topic
                        and other.partition = missing.partition
                        and taken.at > :now - :grace_seconds)
        """,
    ),
    Invariant(
        name="no-dead-letters",
        meaning="No service has a dead letter.",
        where=EVERY,
        sql="""
            select event_id, type, topic, key, error, attempts, parked_at
            from dead_letters where state = 'dead'
            order by id
        """,
    ),
)

# Counts of what is in progress; see report.Moving.
UNPUBLISHED: Final = 'select count(*) from outbox where "offset" is null'
RETRIED: Final = "select count(*) from dead_letters where state in ('retrying', 'waiting')"
IN_FLIGHT: Final = """
    select count(*) as events
    from sent join receives using (type)
    where not exists (
        select 1 from taken
        where taken.receiver = receives.receiver and taken.event_id = sent.event_id)
"""
