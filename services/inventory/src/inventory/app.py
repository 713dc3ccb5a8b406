"""Puts the inventory service together."""

from datetime import timedelta
from importlib.resources import files
from typing import Final

from inventory.api import Api
from inventory.contract.api import OPERATIONS
from inventory.contract.events import RECEIVED, TOPICS
from inventory.expiry import expire_due
from inventory.reactions import Reactions
from inventory.settings import InventorySettings
from waybill.app import Service, run
from waybill.clock import Clock, SystemClock
from waybill.consumer import Consumer
from waybill.database import Database
from waybill.deliveries import Receiver
from waybill.idempotency import forget_after
from waybill.relay import Relay
from waybill.retention import event_retention
from waybill.retries import dead_letter_retries
from waybill.timers import Timer, TimerLoop

_EXPIRY_POLL_SECONDS: Final = 1.0
_RETENTION_POLL_SECONDS: Final = 60.0


async def assemble(settings: InventorySettings, clock: Clock | None = None) -> Service:
    """Open the database and make all parts; `clock` is for tests."""
    clock = clock or SystemClock()
    url, broker = settings.database_url.get_secret_value(), settings.kafka_bootstrap_servers
    database = await Database.open(
        url, pool_max=settings.database_pool_max, source=settings.service, clock=clock
    )
    relay = Relay(url, broker, TOPICS, clock=clock)
    database.on_sent = relay.wake
    reservation_time = timedelta(minutes=settings.reservation_minutes)
    receiver = Receiver(Reactions(clock, reservation_time), RECEIVED)
    consumer = Consumer(
        database,
        broker,
        receiver,
        group=settings.service,
        fetch_wait_ms=settings.kafka_fetch_wait_ms,
        clock=clock,
    )
    timers = (
        Timer("reservation expiry", _EXPIRY_POLL_SECONDS, expire_due),
        dead_letter_retries(receiver),
        event_retention(),
        Timer("idempotency keys", _RETENTION_POLL_SECONDS, forget_after()),
    )
    return Service(
        api=Api(database, clock),
        operations=OPERATIONS,
        contract=files("inventory.contract").joinpath("openapi.json").read_bytes(),
        database=database,
        background=(relay, consumer, *(TimerLoop(timer, database, clock) for timer in timers)),
    )


def main() -> None:
    """Be the service until it is told to stop."""
    run(InventorySettings, assemble)
