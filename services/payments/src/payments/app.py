"""Assembles the payments service."""

from datetime import timedelta
from importlib.resources import files
from typing import Final

from payments.api import Api
from payments.calls import Caller
from payments.contract.api import OPERATIONS
from payments.contract.events import RECEIVED, TOPICS
from payments.event_handlers import EventHandlers
from payments.sandbox import Sandbox
from payments.sandbox_ledger import SandboxLedger
from payments.settings import PaymentsSettings
from payments.worker import Worker
from waybill.app import Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.postgres import Database
from waybill.process.event_runtime import event_runtime, open_database
from waybill.receiving.event_router import EventRouter
from waybill.sealing import Seals

_SANDBOX_CONNECTIONS_MAX: Final = 1
"""The sandbox runs one statement at a time, so it needs one connection."""


@serves(files("payments.contract"), OPERATIONS)
async def assemble(settings: PaymentsSettings, clock: Clock | None = None) -> Service:
    """Open the databases and create all parts; tests pass a `clock`."""
    clock = clock or SystemClock()
    database = await open_database(settings, clock)
    ledger_database = await Database.open(settings.session_url, pool_max=_SANDBOX_CONNECTIONS_MAX)
    sandbox = Sandbox(SandboxLedger(ledger_database), slow_seconds=settings.sandbox_slow_seconds)
    seals = Seals(settings.token_keys)
    worker = _worker(settings, database, sandbox, clock, seals)
    parts = event_runtime(
        settings,
        database,
        clock,
        topics=TOPICS,
        event_router=EventRouter(EventHandlers(clock, worker), RECEIVED),
    )
    return Service(
        api=Api(database),
        database=database,
        checks={"token keys": seals.check},
        background=(*parts, worker),
        closing=(ledger_database.close,),
    )


def _worker(
    settings: PaymentsSettings, database: Database, sandbox: Sandbox, clock: Clock, seals: Seals
) -> Worker:
    caller = Caller(
        sandbox,
        clock,
        seals,
        timeout=timedelta(seconds=settings.provider_call_timeout_seconds),
        backoff=settings.provider_backoff,
    )
    return Worker(
        database,
        settings.session_url,
        caller,
        clock,
        lease=settings.provider_lease,
        calls_max=settings.provider_calls_max,
        poll=timedelta(seconds=settings.provider_poll_seconds),
    )


app = build(PaymentsSettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
