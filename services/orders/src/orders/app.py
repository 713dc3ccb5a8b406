"""Assembles the orders service."""

from datetime import timedelta
from importlib.resources import files
from typing import Final

from orders.api import Api
from orders.commands.apply_transitions import OrderSagaStore
from orders.contract.api import OPERATIONS
from orders.contract.events import RECEIVED, TOPICS
from orders.event_handlers import EventHandlers
from orders.following import Followers
from orders.saga import PLACE_ORDER
from orders.settings import OrdersSettings
from orders.token_keys import KeyRotation
from waybill.app import Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.postgres import Database
from waybill.postgres.timers import Timer
from waybill.process.background import Background
from waybill.process.event_runtime import event_runtime, open_database
from waybill.receiving.event_router import EventRouter
from waybill.saga import Sagas
from waybill.sealing import Seals

# Deadlines are minutes long, so a delay of one second does not matter.
_DEADLINE_POLL_SECONDS: Final = 1.0


@serves(files("orders.contract"), OPERATIONS)
async def assemble(settings: OrdersSettings, clock: Clock | None = None) -> Service:
    """Open the database and create all parts; tests pass a `clock`."""
    clock = clock or SystemClock()
    database = await open_database(settings, clock)
    sagas = Sagas(clock)
    sagas.add(OrderSagaStore(clock), PLACE_ORDER)
    seals = Seals(settings.token_keys)
    followers = Followers(database, settings.streams_max, settings.streams_per_caller_max)
    rotation = _rotation(settings, database, clock)
    return Service(
        api=Api(database, sagas, clock, seals, followers),
        database=database,
        sagas=sagas,
        in_each_process=(followers,),
        gauges=followers.readings,
        checks={"token keys": seals.check},
        background=(
            *event_runtime(
                settings,
                database,
                clock,
                topics=TOPICS,
                event_router=EventRouter(EventHandlers(sagas), RECEIVED),
                timers=[Timer("saga deadlines", _DEADLINE_POLL_SECONDS, sagas.take_due)],
            ),
            *rotation,
        ),
    )


def _rotation(settings: OrdersSettings, database: Database, clock: Clock) -> tuple[Background, ...]:
    if not settings.token_key_seconds:
        return ()
    period = timedelta(seconds=settings.token_key_seconds)
    rotation = KeyRotation(database, settings.token_keys, clock, period)
    rotation.create_when_due()  # the first request needs a key
    return (rotation,)


app = build(OrdersSettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
