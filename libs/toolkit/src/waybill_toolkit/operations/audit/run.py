"""One audit: reads every database twice and checks every invariant.

    first pass     orders, then the other services     settled orders, holdings, payments, sent
    events second pass    the other services, then orders     processed events; orders that are
    still settled

Each read is a separate transaction, so orders in progress differ between them. Only orders that do
not change can be compared: an order that is settled in both reads of orders was settled when the
other services were read (see `together`). An event counts as lost only after `grace` (see
`events`). So an audit of a running system has no false positives, and one of an idle system checks
everything.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from waybill_toolkit.operations.audit.events import IN_FLIGHT, RETRIED, UNPUBLISHED
from waybill_toolkit.operations.audit.extracts import FIRST_LOOK, SECOND_LOOK, SENT, TAKEN
from waybill_toolkit.operations.audit.invariant import EVERY, TOGETHER
from waybill_toolkit.operations.audit.invariants import INVARIANTS
from waybill_toolkit.operations.audit.orders import MOVING
from waybill_toolkit.operations.audit.report import Collector, Report
from waybill_toolkit.operations.audit.snapshot import Snapshot, look
from waybill_toolkit.operations.audit.store import AuditStore

GRACE: Final = timedelta(minutes=1)  # longer than the restart of any process

AUDITED_FIRST: Final = "orders"
_PART: Final = re.compile(r"_[1-9][0-9]?$")
_NOW: Final = "select extract(epoch from now())::float8"


async def audit(
    databases: Mapping[str, str],
    receives: Mapping[str, frozenset[str]],
    grace: timedelta = GRACE,
) -> Report:
    """Check all invariants.

    `databases` are the addresses by service, and by service_1, ... for the other databases of a
    service whose stock is divided. `receives` are the event types that each service receives.
    Raises OSError or asyncpg's errors when a database cannot be read.
    """
    names = [AUDITED_FIRST, *sorted(databases.keys() - {AUDITED_FIRST})]
    types = sorted(frozenset().union(*receives.values()))
    collector = Collector()
    now = 0.0
    with AuditStore() as store:
        for name in names:
            async with look(databases[name], grace) as snapshot:
                await _ask_alone(name, snapshot, collector)
                await snapshot.copy(SENT, store, service_of(name), types)
                for extract in FIRST_LOOK.get(service_of(name), ()):
                    await snapshot.copy(extract, store)
        for name in reversed(names):
            async with look(databases[name], grace) as snapshot:
                await snapshot.copy(TAKEN, store, service_of(name))
                for extract in SECOND_LOOK.get(service_of(name), ()):
                    await snapshot.copy(extract, store)
                now = await snapshot.value(_NOW)
        store.finish(receives)
        _ask_together(store, now, grace, collector)
    return collector.report()


def service_of(database: str) -> str:
    """Return the service of a database: that of inventory_1 is inventory."""
    return _PART.sub("", database)


def services_of(databases: Iterable[str]) -> set[str]:
    """Return the services that have these databases."""
    return {service_of(name) for name in databases}


async def _ask_alone(database: str, snapshot: Snapshot, collector: Collector) -> None:
    for invariant in INVARIANTS:
        if invariant.where == EVERY:
            rows = await snapshot.ask(invariant.sql, collector.rows_max + 1)
            collector.found(invariant, [{"database": database, **row} for row in rows])
        elif invariant.where == service_of(database):
            rows = await snapshot.ask(invariant.sql, collector.rows_max + 1)
            collector.found(invariant, rows)
    collector.events_unpublished += int(await snapshot.value(UNPUBLISHED))
    collector.events_retried += int(await snapshot.value(RETRIED))
    if database == AUDITED_FIRST:
        collector.orders = int(await snapshot.value(MOVING))


def _ask_together(store: AuditStore, now: float, grace: timedelta, collector: Collector) -> None:
    parameters = {"now": now, "grace_seconds": grace.total_seconds()}
    for invariant in INVARIANTS:
        if invariant.where == TOGETHER:
            rows = store.ask(invariant.sql, collector.rows_max + 1, parameters)
            collector.found(invariant, rows)
    collector.events_in_flight = store.ask(IN_FLIGHT, 1)[0]["events"]
