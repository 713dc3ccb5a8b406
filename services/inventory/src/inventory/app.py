"""Assembles the inventory service."""

from collections.abc import Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Final

from inventory.api import Api
from inventory.contract.api import OPERATIONS
from inventory.contract.events import RECEIVED, TOPICS
from inventory.databases import StockDatabases
from inventory.divided_stock import DividedStock
from inventory.event_handlers import EventHandlers
from inventory.part import Part
from inventory.part_record import check_parts
from inventory.settings import InventorySettings
from inventory.stock import UndividedStock
from waybill.app import Background, Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.postgres import Database, DatabaseUnavailableError
from waybill.postgres.timers import Timer
from waybill.process.event_runtime import event_runtime, key_retention, open_database
from waybill.receiving.event_router import EventRouter

# Reservations last for minutes, so a delay of one second does not matter.
_EXPIRY_POLL_SECONDS: Final = 1.0


@serves(files("inventory.contract"), OPERATIONS)
async def assemble(settings: InventorySettings, clock: Clock | None = None) -> Service:
    """Open the databases and create all parts; tests pass a `clock`.

    Raises WrongSettingsError for a database that holds another part of the stock.
    """
    clock = clock or SystemClock()
    databases = await _open(settings, clock)
    first, *others = databases.all
    stock = DividedStock([*map(Part, databases.all)]) if others else UndividedStock()
    event_handlers = EventHandlers(stock, clock, timedelta(minutes=settings.reservation_minutes))
    return Service(
        api=Api(databases, clock),
        database=first,
        other_databases=others,
        background=(
            *event_runtime(
                settings,
                first,
                clock,
                topics=TOPICS,
                event_router=EventRouter(event_handlers, RECEIVED),
                timers=[Timer("reservation expiry", _EXPIRY_POLL_SECONDS, stock.expire_due)],
            ),
            *_retention(others, clock),
        ),
        checks={f"database {part}": each.check for part, each in enumerate(others, start=1)},
        closing=[databases.close],
    )


async def _open(settings: InventorySettings, clock: Clock) -> StockDatabases:
    opened = [await open_database(settings, clock)]
    try:
        for number, address in enumerate(settings.stock_addresses[1:], start=1):
            opened.append(await _open_other(settings, clock, number, address))
        await check_parts(opened)
    except BaseException:
        for database in opened:
            await database.close()
        raise
    return StockDatabases(opened)


async def _open_other(
    settings: InventorySettings, clock: Clock, number: int, address: str
) -> Database:
    try:
        return await open_database(settings, clock, address)
    except DatabaseUnavailableError as error:
        which = f"that of WAYBILL_STOCK_DATABASES, number {number}"
        raise type(error)(f"{which}: {error}") from error


def _retention(databases: Sequence[Database], clock: Clock) -> list[Background]:
    """Delete old answers: an adjustment is stored where the stock of its SKU is."""
    return [key_retention(database, clock) for database in databases]


app = build(InventorySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
