"""Assembles the catalog service."""

from importlib.resources import files

from catalog.api import Api
from catalog.contract.api import OPERATIONS
from catalog.contract.events import TOPICS
from catalog.settings import CatalogSettings
from waybill.app import Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.process.event_runtime import event_runtime, open_database


@serves(files("catalog.contract"), OPERATIONS)
async def assemble(settings: CatalogSettings, clock: Clock | None = None) -> Service:
    """Open the database and create all parts; `clock` is for tests."""
    clock = clock or SystemClock()
    database = await open_database(settings, clock)
    return Service(
        api=Api(database, clock),
        database=database,
        background=event_runtime(settings, database, clock, topics=TOPICS),
    )


app = build(CatalogSettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
