"""The background parts of every service: the relay, a consumer, timers, retention."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from waybill.clock import Clock
from waybill.events import Topic
from waybill.http.idempotency import delete_after
from waybill.postgres import Database
from waybill.postgres.retention import event_retention
from waybill.postgres.timers import Timer, TimerLoop
from waybill.process.background import Background
from waybill.process.settings import Settings
from waybill.receiving.consumer import Consumer
from waybill.receiving.event_router import EventRouter
from waybill.receiving.retries import dead_letter_retries
from waybill.security_log.chain import chainer
from waybill.security_log.heads import HeadWriter
from waybill.sending.relay import Relay

_RETENTION_POLL_SECONDS: Final = 60.0


async def open_database(settings: Settings, clock: Clock, address: str | None = None) -> Database:
    """Connect a service to its database, or to another one. Raises DatabaseUnavailableError."""
    return await Database.open(
        address or settings.database_url.get_secret_value(),
        pool_max=settings.database_pool_max,
        is_pooled=settings.database_direct_url is not None,
        source=settings.service,
        clock=clock,
    )


def event_runtime(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    topics: Sequence[Topic],
    event_router: EventRouter | None = None,
    timers: Sequence[Timer] = (),
) -> tuple[Background, ...]:
    """Return the background parts of a service that owns `topics`."""
    broker = settings.kafka_bootstrap_servers
    security = replace(settings.kafka_security, client_id=settings.kafka_prefix + settings.service)
    owned = [_capped(topic, settings.kafka_partitions_max) for topic in topics]
    relay = Relay(
        settings.session_url,
        broker,
        owned,
        security=security,
        clock=clock,
        creates_topics=settings.kafka_create_topics,
    )
    database.on_sent = relay.publish
    parts: list[Background] = [relay]
    timers = [*timers, event_retention(), _key_retention(), chainer()]
    heads, key = settings.security_log_heads, settings.head_key
    if heads and key:
        parts.append(HeadWriter(database, settings.service, heads, key, clock))
    if event_router is not None:
        consumer = Consumer(
            database,
            broker,
            event_router,
            group=settings.service,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            instance_id=settings.kafka_instance_id,
            security=security,
            clock=clock,
        )
        parts.append(consumer)
        timers.append(dead_letter_retries(event_router))
    return (*parts, *(TimerLoop(timer, database, clock) for timer in timers))


def key_retention(database: Database, clock: Clock) -> Background:
    """Return the background part that deletes old answers, for a database without events."""
    return TimerLoop(_key_retention(), database, clock)


def _key_retention() -> Timer:
    return Timer("idempotency keys", _RETENTION_POLL_SECONDS, delete_after())


def _capped(topic: Topic, partitions_max: int | None) -> Topic:
    return replace(topic, partitions=min(topic.partitions, partitions_max or topic.partitions))
