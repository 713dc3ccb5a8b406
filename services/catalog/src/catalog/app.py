"""Puts the catalog service together."""

from importlib.resources import files
from typing import Final

from catalog.api import Api
from catalog.contract.api import OPERATIONS
from catalog.contract.events import TOPICS
from catalog.settings import CatalogSettings
from waybill.app import Service, run
from waybill.clock import Clock, SystemClock
from waybill.database import Database
from waybill.idempotency import forget_after
from waybill.relay import Relay
from waybill.retention import event_retention
from waybill.timers import Timer, TimerLoop

_RETENTION_POLL_SECONDS: Final = 60.0


async def assemble(settings: CatalogSettings, clock: Clock | None = None) -> Service:
    """Open the database and make all parts; `clock` is for tests."""
    clock = clock or SystemClock()
    url = settings.database_url.get_secret_value()
    database = await Database.open(
        url, pool_max=settings.database_pool_max, source=settings.service, clock=clock
    )
    relay = Relay(url, settings.kafka_bootstrap_servers, TOPICS, clock=clock)
    database.on_sent = relay.wake
    timers = (
        event_retention(),
        Timer("idempotency keys", _RETENTION_POLL_SECONDS, forget_after()),
    )
    return Service(
        api=Api(database, clock),
        operations=OPERATIONS,
        contract=files("catalog.contract").joinpath("openapi.json").read_bytes(),
        database=database,
        background=(relay, *(TimerLoop(timer, database, clock) for timer in timers)),
    )


def main() -> None:
    """Be the service until it is told to stop."""
    run(CatalogSettings, assemble)
