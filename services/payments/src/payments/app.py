"""Puts the payments service together."""

from datetime import timedelta
from importlib.resources import files
from typing import Final

from payments.api import Api
from payments.calls import Caller
from payments.contract.api import OPERATIONS
from payments.contract.events import RECEIVED, TOPICS
from payments.reactions import Reactions
from payments.sandbox import Sandbox
from payments.sandbox_books import Books
from payments.settings import PaymentsSettings
from payments.worker import Worker
from waybill.app import Background, Service, run
from waybill.clock import Clock, SystemClock
from waybill.consumer import Consumer
from waybill.database import Database
from waybill.deliveries import Receiver
from waybill.relay import Relay
from waybill.retention import event_retention
from waybill.retries import dead_letter_retries
from waybill.timers import TimerLoop

_SANDBOX_CONNECTIONS_MAX: Final = 1
"""Its books are written by one statement at a time."""


async def assemble(settings: PaymentsSettings, clock: Clock | None = None) -> Service:
    """Open the databases and make all parts; `clock` is for tests."""
    clock = clock or SystemClock()
    url = settings.database_url.get_secret_value()
    database = await Database.open(
        url, pool_max=settings.database_pool_max, source=settings.service, clock=clock
    )
    books_database = await Database.open(url, pool_max=_SANDBOX_CONNECTIONS_MAX)
    sandbox = Sandbox(Books(books_database), slow_seconds=settings.sandbox_slow_seconds)
    return Service(
        api=Api(database),
        operations=OPERATIONS,
        contract=files("payments.contract").joinpath("openapi.json").read_bytes(),
        database=database,
        background=_background(settings, database, sandbox, clock),
        closing=(books_database.close,),
    )


def _background(
    settings: PaymentsSettings, database: Database, sandbox: Sandbox, clock: Clock
) -> tuple[Background, ...]:
    url, broker = settings.database_url.get_secret_value(), settings.kafka_bootstrap_servers
    relay = Relay(url, broker, TOPICS, clock=clock)
    database.on_sent = relay.wake
    receiver = Receiver(Reactions(clock), RECEIVED)
    consumer = Consumer(
        database,
        broker,
        receiver,
        group=settings.service,
        fetch_wait_ms=settings.kafka_fetch_wait_ms,
        clock=clock,
    )
    caller = Caller(
        sandbox,
        clock,
        timeout=timedelta(seconds=settings.provider_call_timeout_seconds),
        backoff=settings.provider_backoff,
    )
    worker = Worker(
        database,
        url,
        caller,
        clock,
        lease=settings.provider_lease,
        calls_max=settings.provider_calls_max,
        poll=timedelta(seconds=settings.provider_poll_seconds),
    )
    timers = (dead_letter_retries(receiver), event_retention())
    return (relay, consumer, worker, *(TimerLoop(timer, database, clock) for timer in timers))


def main() -> None:
    """Be the service until it is told to stop."""
    run(PaymentsSettings, assemble)
