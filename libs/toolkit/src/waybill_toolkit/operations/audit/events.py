"""What holds for events: sent once, each takes effect once in every service that receives it.

Twice is kept out by the primary key of every inbox. That an event never arrives can only be told
by what went on without it, because a published event may be in flight at the moment of the look.
"""

from typing import Final

from waybill_toolkit.operations.audit.invariant import EVERY, TOGETHER, Invariant

EVENTS: Final = (
    Invariant(
        name="events-are-published",
        meaning="Every event is published: the relay skips none, and has not stopped.",
        where=EVERY,
        # Skipped: events are published in their order, so a later one was not published before.
        # Left lying: it is there for a while, and the relay publishes nothing.
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
        meaning="Every published event has been taken by each service that receives its type.",
        where=TOGETHER,
        # Overtaken: a partition is taken in order, so a later event of it was not taken before.
        # Left lying: it is there for a while, and its receiver takes nothing from the partition.
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
        meaning="No event was given up: none is among the dead letters of a service.",
        where=EVERY,
        sql="""
            select event_id, type, topic, key, error, attempts, parked_at
            from dead_letters where state = 'dead'
            order by id
        """,
    ),
)

# How much is under way; see report.Moving.
UNPUBLISHED: Final = 'select count(*) from outbox where "offset" is null'
RETRIED: Final = "select count(*) from dead_letters where state in ('retrying', 'waiting')"
IN_FLIGHT: Final = """
    select count(*) as events
    from sent join receives using (type)
    where not exists (
        select 1 from taken
        where taken.receiver = receives.receiver and taken.event_id = sent.event_id)
"""
