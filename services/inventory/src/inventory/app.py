"""Assembles the inventory service."""

from datetime import timedelta
from importlib.resources import files
from typing import Final

from inventory.api import Api
from inventory.contract.api import OPERATIONS
from inventory.contract.events import RECEIVED, TOPICS
from inventory.event_handlers import EventHandlers
from inventory.expiry import expire_due
from inventory.settings import InventorySettings
from waybill.app import Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.postgres.timers import Timer
from waybill.process.event_runtime import event_runtime, open_database
from waybill.receiving.event_router import EventRouter

# Reservations last for minutes, so a delay of one second does not matter.
_EXPIRY_POLL_SECONDS: Final = 1.0


@serves(files("inventory.contract"), OPERATIONS)
async def assemble(settings: InventorySettings, clock: Clock | None = None) -> Service:
    """Open the database and create all parts; tests pass a `clock`."""
    clock = clock or SystemClock()
    database = await open_database(settings, clock)
    event_handlers = EventHandlers(clock, timedelta(minutes=settings.reservation_minutes))
    return Service(
        api=Api(database, clock),
        database=database,
        background=event_runtime(
            settings,
            database,
            clock,
            topics=TOPICS,
            event_router=EventRouter(event_handlers, RECEIVED),
            timers=[Timer("reservation expiry", _EXPIRY_POLL_SECONDS, expire_due)],
        ),
    )


app = build(InventorySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
